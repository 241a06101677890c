package audit

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/page"
)

// Connection is one page of a list of events.
type Connection = page.Connection[*ent.AuditEvent]

// Edge is an event within a list.
type Edge = page.Edge[*ent.AuditEvent]

// newestFirst is the order of all lists of events.
func newestFirst() page.Order[*ent.AuditEvent] {
	createdAt := page.Moment("CREATED_AT", auditevent.FieldCreatedAt, func(e *ent.AuditEvent) time.Time { return e.CreatedAt })
	return page.Order[*ent.AuditEvent]{
		List: "auditEvent",
		ID:   func(e *ent.AuditEvent) int64 { return e.ID },
		Keys: []page.Key[*ent.AuditEvent]{createdAt.Descending()},
	}
}

// Events is a page of the events for which where holds, the newest first. The error is that of a viewer who is not
// staff, or BAD_USER_INPUT.
func (t *Trail) Events(ctx context.Context, args page.Args, where *Where, selected page.Fields) (*Connection, error) {
	if _, err := auth.RequireStaff(ctx); err != nil {
		return nil, err
	}
	plan, err := page.NewPlan(args, newestFirst())
	if err != nil {
		return nil, err
	}
	holds, err := where.conditions()
	if err != nil {
		return nil, err
	}
	query := t.db.Read.AuditEvent.Query().Where(holds...)
	return plan.Run(ctx, selected,
		func(ctx context.Context, modify func(*sql.Selector)) ([]*ent.AuditEvent, error) {
			return t.load(ctx, query.Clone().Modify(modify).AuditEventQuery, selected.Rows())
		},
		func(ctx context.Context) (int, error) {
			return query.Clone().Aggregate(page.CountAll).Int(ctx)
		},
	)
}

// EventsByID are the events there are, by id, for staff; nobody else sees any.
func (t *Trail) EventsByID(ctx context.Context, ids []int64, selected page.Fields) (map[int64]*ent.AuditEvent, error) {
	viewer, err := auth.FromContext(ctx)
	if err != nil || !viewer.IsStaff {
		return nil, err
	}
	rows, err := t.load(ctx, t.db.Read.AuditEvent.Query().Where(auditevent.IDIn(ids...)), selected)
	if err != nil {
		return nil, err
	}
	found := make(map[int64]*ent.AuditEvent, len(rows))
	for _, row := range rows {
		found[row.ID] = row
	}
	return found, nil
}

// load reads the events of a query and, in one SELECT for all of them, those of their users that were selected.
func (t *Trail) load(ctx context.Context, query *ent.AuditEventQuery, selected page.Fields) ([]*ent.AuditEvent, error) {
	rows, err := query.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading audit events: %w", err)
	}
	var ids []int64
	add := func(id *int64) {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	for _, row := range rows {
		if selected.Has("actor") {
			add(row.ActorID)
		}
		if selected.Has("subject") {
			add(row.SubjectID)
		}
	}
	if len(ids) == 0 {
		return rows, nil
	}
	users, err := t.db.Read.User.Query().Where(user.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("loading the users of audit events: %w", err)
	}
	byID := make(map[int64]*ent.User, len(users))
	for _, u := range users {
		byID[u.ID] = u
	}
	for _, row := range rows {
		row.Actor, row.Subject = of(byID, row.ActorID), of(byID, row.SubjectID)
	}
	return rows, nil
}

// of is the user of a key; nil when there is no key or no such user any more.
func of(users map[int64]*ent.User, id *int64) *ent.User {
	if id == nil {
		return nil
	}
	return users[*id]
}
