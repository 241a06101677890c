package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// Session is one sign-in and the whole family of refresh tokens that came of it, in one row.
//
// No token is stored, nor anything secret: a refresh token names its session and generation, and is
// current while that generation is.
type Session struct{ ent.Schema }

// Mixin of the Session.
func (Session) Mixin() []ent.Mixin { return []ent.Mixin{keyMixin{kind: nodeid.Session}} }

// Fields of the Session.
func (Session) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("user_id").Immutable(),
		field.Time("created_at").Immutable(),
		field.Time("last_used_at").
			Comment("when tokens were last obtained or refreshed"),
		field.Time("expires_at").
			Comment("when the current refresh token expires; whole seconds"),
		field.Time("ends_at").Immutable().
			Comment("when the session ends however often it is refreshed; whole seconds"),
		field.Int64("generation").Default(1).Min(1).
			Comment("which refresh token is the current one; grows by one with every rotation"),
		field.Time("rotated_at").
			Comment("when the current generation began; never goes back"),
		field.String("ip_address").Optional().Nillable().MaxLen(45),
		field.String("user_agent").Optional().Nillable().MaxLen(512),
		field.Time("revoked_at").Optional().Nillable(),
		field.Enum("revoked_because").Optional().Nillable().
			Values("reuse", "revoked", "deactivated", "too_many", "logout", "password_changed"),
	}
}

// Edges of the Session.
func (Session) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("user", User.Type).Ref("sessions").Field("user_id").Unique().Required().Immutable(),
	}
}

// Indexes of the Session.
func (Session) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "revoked_at", "last_used_at"),
		index.Fields("expires_at"), // for those who clear away
	}
}
