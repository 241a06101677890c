package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// AuditEvent is something that happened to an account, for the record. It is written once, never changed,
// and outlives whom and what it names: users and sessions are plain keys, which are never given out again.
type AuditEvent struct{ ent.Schema }

// Mixin of the AuditEvent.
func (AuditEvent) Mixin() []ent.Mixin { return []ent.Mixin{keyMixin{kind: nodeid.AuditEvent}} }

// Fields of the AuditEvent.
func (AuditEvent) Fields() []ent.Field {
	return []ent.Field{
		field.Enum("kind").Immutable().
			Values("REGISTER", "SIGN_IN", "SIGN_IN_FAILED", "REFRESH", "REUSE_DETECTED", "TOKEN_REVOKED", "LOGOUT",
				"SESSION_REVOKED", "PASSWORD_CHANGED", "PROFILE_UPDATED", "USER_UPDATED"),
		field.Int64("actor_id").Optional().Nillable().Immutable().
			Comment("the user who did it; none when nobody was signed in"),
		field.Int64("subject_id").Optional().Nillable().Immutable().
			Comment("the user whose account it is about; none when there is no such account"),
		field.Int64("session_id").Optional().Nillable().Immutable(),
		field.String("ip_address").Optional().Nillable().Immutable().MaxLen(45),
		field.String("user_agent").Optional().Nillable().Immutable().MaxLen(512),
		field.String("request_id").Optional().Nillable().Immutable(),
		field.Time("created_at").Immutable(),
	}
}

// Indexes of the AuditEvent.
func (AuditEvent) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("created_at"),
		index.Fields("kind", "created_at"), // most events are refreshes; those that matter are few
		index.Fields("actor_id", "created_at"),
		index.Fields("subject_id", "created_at"),
	}
}
