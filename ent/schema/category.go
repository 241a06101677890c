package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// Category is a shelf of the catalogue; categories form a tree.
type Category struct{ ent.Schema }

// Mixin of the Category.
func (Category) Mixin() []ent.Mixin {
	return []ent.Mixin{keyMixin{kind: nodeid.Category}, timesMixin{}}
}

// Fields of the Category.
func (Category) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(800), // 200 characters of up to four bytes
		field.String("name_key").
			Comment("folded (fold.Text)"),
		field.String("slug").MaxLen(220).Unique(),
		field.Text("description").Default(""),
		field.Int64("parent_id").Optional().Nillable(),
	}
}

// Edges of the Category.
func (Category) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("children", Category.Type).Annotations(entsql.OnDelete(entsql.Restrict)).
			From("parent").Field("parent_id").Unique(),
		edge.To("products", Product.Type).Annotations(entsql.OnDelete(entsql.Restrict)),
	}
}

// Indexes of the Category.
func (Category) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("name_key"),
		index.Fields("created_at"),
		index.Fields("parent_id", "name_key"),
	}
}
