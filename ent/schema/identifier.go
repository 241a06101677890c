package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Identifier is one name by which a user signs in: the folded username or the folded e-mail address.
//
// Both live in this one table under one primary key. Were they unique only each in its own column,
// somebody could take another's e-mail address as a username and receive their sign-ins.
type Identifier struct{ ent.Schema }

// Fields of the Identifier.
func (Identifier) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("key").Immutable().
			Comment("folded (fold.Identifier)"),
		field.Int64("user_id"),
	}
}

// Edges of the Identifier.
func (Identifier) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("identifiers").Field("user_id").Unique().Required(),
	}
}

// Indexes of the Identifier.
func (Identifier) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id")}
}
