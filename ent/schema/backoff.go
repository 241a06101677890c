package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Backoff is what is remembered of failed sign-ins, under one key: of one network address, or of one
// account as tried from one address. It is shared by all instances, and forgotten once it has cleared.
type Backoff struct{ ent.Schema }

// Fields of the Backoff.
func (Backoff) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").StorageKey("key").Immutable().MaxLen(64).
			Comment("SHA-256 in hexadecimal: what people type into a form's first field may be a password"),
		field.Time("clears_at").
			Comment("when all failures are forgiven: every one of them moves it further off by the same span"),
		field.Time("blocked_until").
			Comment("until when no further try is allowed; not in the future while there are free ones"),
	}
}

// Indexes of the Backoff.
func (Backoff) Indexes() []ent.Index {
	return []ent.Index{index.Fields("clears_at")} // for those who clear away
}
