package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// User is an account: somebody who may sign in.
type User struct{ ent.Schema }

// Mixin of the User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{keyMixin{kind: nodeid.User}} }

// Fields of the User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("username").MaxLen(600). // 150 characters of up to four bytes
							Comment("as its owner spells it"),
		field.String("username_key").
			Comment("folded (fold.Identifier): what is compared and sorted"),
		field.String("email").MaxLen(254),
		field.String("email_key").
			Comment("folded (fold.Identifier)"),
		field.String("first_name").MaxLen(600).Default(""),
		field.String("last_name").MaxLen(600).Default(""),
		field.String("name_key").Default("").
			Comment("first and last name, a space between them, folded (fold.Text): what is searched"),
		field.String("password_hash").Sensitive().
			Comment("Argon2id in PHC string format"),
		field.Bool("is_active").Default(true).
			Comment("false: may not sign in, and every session is revoked"),
		field.Bool("is_staff").Default(false),
		field.Time("date_joined").Immutable(),
		field.Time("last_login").Optional().Nillable().
			Comment("when a token was last obtained with the password"),
		field.Time("tokens_valid_from").Optional().Nillable().
			Comment("tokens without a session that were issued before this do not serve; none: all do"),
	}
}

// Edges of the User.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("identifiers", Identifier.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("sessions", Session.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
		edge.To("products", Product.Type).Annotations(entsql.OnDelete(entsql.SetNull)),
	}
}

// Indexes of the User.
func (User) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("username_key"),
		index.Fields("email_key"),
		index.Fields("date_joined"),
		index.Fields("last_login"),
	}
}
