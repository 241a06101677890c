package audit

import (
	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
)

// Where holds for an event when all that is set does; nil is absent.
type Where struct {
	User      *int64            // is the actor or the subject
	Kinds     []auditevent.Kind // one of; nil is absent, empty holds for nothing
	CreatedAt *filter.DateTimeRange
}

// conditions are all that must hold. The error is BAD_USER_INPUT.
func (w *Where) conditions() (all []predicate.AuditEvent, err error) {
	if w == nil {
		return nil, nil
	}
	if len(w.Kinds) > filter.MaxList {
		return nil, fault.BadInput("`kinds` may have at most %d members", filter.MaxList)
	}
	if w.User != nil {
		all = append(all, auditevent.Or(auditevent.ActorID(*w.User), auditevent.SubjectID(*w.User)))
	}
	switch {
	case w.Kinds == nil:
	case w.User != nil:
		all = append(all, amongThose(w.Kinds))
	default:
		all = append(all, auditevent.KindIn(w.Kinds...))
	}
	for _, holds := range w.CreatedAt.On(auditevent.FieldCreatedAt) {
		all = append(all, holds)
	}
	return all, nil
}

// amongThose holds for events of the kinds, as KindIn does, but is no column that an index could be searched for:
// next to a user the index of kinds would lead through the events of everybody.
func amongThose(kinds []auditevent.Kind) predicate.AuditEvent {
	if len(kinds) == 0 {
		return filter.Nothing
	}
	return func(s *sql.Selector) {
		s.Where(sql.P(func(b *sql.Builder) {
			b.WriteString("COALESCE(").Ident(s.C(auditevent.FieldKind)).WriteString(", '') IN (")
			for i, kind := range kinds {
				if i > 0 {
					b.Comma()
				}
				b.Arg(kind)
			}
			b.WriteString(")")
		}))
	}
}
