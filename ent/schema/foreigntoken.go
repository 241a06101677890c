package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ForeignToken is a refresh token that another server issued under the same key and that was used here:
// it must not serve a second time.
type ForeignToken struct{ ent.Schema }

// Fields of the ForeignToken.
func (ForeignToken) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("jti_hash").Immutable().MaxLen(64).
			Comment("SHA-256 of its jti, in hexadecimal"),
		field.Int64("session_id").Optional().Nillable().Immutable().
			Comment("the session that it began, which may be gone by now; none for a token that was only revoked"),
		field.Time("used_at").Immutable(),
		field.Time("expires_at").Immutable().
			Comment("when it has expired beyond any leeway, and this row is of no more use"),
	}
}

// Indexes of the ForeignToken.
func (ForeignToken) Indexes() []ent.Index {
	return []ent.Index{index.Fields("expires_at")} // for those who clear away
}
