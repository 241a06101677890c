// Package schema says what Gatehouse stores.
//
// No schema reads a clock or draws a random number: every time and every key comes from the domain
// packages, so that a test can set it.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// keyMixin gives a type its integer key, drawn from the type's own range so that a key names its type.
// SQLite's AUTOINCREMENT (ent's default) never hands a deleted row's key out again.
type keyMixin struct {
	mixin.Schema
	kind nodeid.Kind
}

func (keyMixin) Fields() []ent.Field {
	return []ent.Field{field.Int64("id").Immutable()}
}

func (m keyMixin) Annotations() []schema.Annotation {
	start := m.kind.First() - 1
	if start == 0 {
		return nil
	}
	return []schema.Annotation{entsql.IncrementStart(int(start))}
}

// timesMixin records when a row was made and last changed: UTC, whole milliseconds.
type timesMixin struct{ mixin.Schema }

func (timesMixin) Fields() []ent.Field {
	return []ent.Field{
		field.Time("created_at").Immutable(),
		field.Time("updated_at"),
	}
}
