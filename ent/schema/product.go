package schema

import (
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// Product is something for sale.
type Product struct{ ent.Schema }

// Mixin of the Product.
func (Product) Mixin() []ent.Mixin {
	return []ent.Mixin{keyMixin{kind: nodeid.Product}, timesMixin{}}
}

// Fields of the Product.
func (Product) Fields() []ent.Field {
	return []ent.Field{
		field.String("name").MaxLen(800), // 200 characters of up to four bytes
		field.String("name_key").
			Comment("folded (fold.Text)"),
		field.String("slug").MaxLen(220).Unique(),
		field.String("sku").Optional().Nillable().MaxLen(256),
		field.String("sku_key").Optional().Nillable().Unique().
			Comment("folded (fold.Text)"),
		field.Text("description").Default(""),
		field.Text("description_key").Default("").
			Comment("folded (fold.Text)"),
		field.Int64("price").GoType(money.Amount(0)).
			Comment("minor units: cents"),
		field.Int("stock").Default(0),
		field.Bool("is_published").Default(true),
		field.Int("version").Default(1).
			Comment("grows by one with every update"),
		field.Int64("category_id"),
		field.Int64("owner_id").Optional().Nillable().
			Comment("who sells it; null for what the shop itself loaded"),
	}
}

// Edges of the Product.
func (Product) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("category", Category.Type).Ref("products").Field("category_id").Unique().Required(),
		edge.From("owner", User.Type).Ref("products").Field("owner_id").Unique(),
	}
}

// Indexes of the Product: one for each order, each ending in the key as every order does.
func (Product) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("name_key", "id"),
		index.Fields("price", "id"),
		index.Fields("stock", "id"),
		index.Fields("created_at", "id"),
		index.Fields("updated_at", "id"),
		// Holds all that a page of a category, PRODUCT_COUNT and a count for whichever viewer look at.
		index.Fields("category_id", "name_key", "id", "is_published", "owner_id"),
		index.Fields("owner_id", "id"),
	}
}

// Annotations of the Product: the database itself refuses a price or stock that cannot be.
func (Product) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Checks(map[string]string{
		"product_price": fmt.Sprintf("price BETWEEN 0 AND %d", money.Max),
		"product_stock": "stock >= 0",
	})}
}
