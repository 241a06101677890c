package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/requestid"
)

// recordSQL writes an event. It is written by hand because every refresh has one, while it is the only one that may write: ent
// takes longer to make the statement than SQLite to execute it, and asks for the key, which nobody wants to know.
const recordSQL = `INSERT INTO audit_events (kind, actor_id, subject_id, session_id, ip_address, user_agent, request_id, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// Record writes events in the transaction of what happened: both are committed, or neither is. What cannot be
// recorded must not happen, so the caller has to fail with the error. Once the transaction is committed the events
// are logged, in their order; those of one that is undone never are.
func (t *Trail) Record(ctx context.Context, tx *ent.Tx, events ...Event) error {
	now, client, request := t.now(), auth.ClientFromContext(ctx), requestid.FromContext(ctx)
	if err := errors.Join(auditevent.IPAddressValidator(client.IPAddress), auditevent.UserAgentValidator(client.UserAgent)); err != nil {
		return fmt.Errorf("recording who asks: %w", err)
	}
	for _, e := range events {
		if err := auditevent.KindValidator(e.Kind); err != nil {
			return fmt.Errorf("recording an audit event: %w", err)
		}
		_, err := tx.ExecContext(ctx, recordSQL, string(e.Kind), known(e.Actor), known(e.Subject), known(e.Session),
			known(client.IPAddress), known(client.UserAgent), known(request), now)
		if err != nil {
			return fmt.Errorf("recording an audit event: %w", err)
		}
	}
	tx.OnCommit(func(next ent.Committer) ent.Committer {
		return ent.CommitFunc(func(committing context.Context, tx *ent.Tx) error {
			if err := next.Commit(committing, tx); err != nil {
				return err
			}
			for _, e := range events {
				t.log(ctx, e)
			}
			return nil
		})
	})
	return nil
}

// log tells the log of an event, in one line whatever the client calls itself: slog escapes.
func (t *Trail) log(ctx context.Context, e Event) {
	level := slog.LevelInfo
	if e.alarming() {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.String("kind", string(e.Kind))}
	for _, id := range []struct {
		name  string
		value int64
	}{{"actor", e.Actor}, {"subject", e.Subject}, {"session", e.Session}} {
		if id.value != 0 {
			attrs = append(attrs, slog.Int64(id.name, id.value))
		}
	}
	client := auth.ClientFromContext(ctx)
	for _, text := range []struct{ name, value string }{
		{"ip", client.IPAddress}, {"user_agent", client.UserAgent}, {"request_id", requestid.FromContext(ctx)},
	} {
		if text.value != "" {
			attrs = append(attrs, slog.String(text.name, text.value))
		}
	}
	t.settings.Log.LogAttrs(ctx, level, "audit", attrs...)
}

// known is a value, or nil where the zero value says that there is none.
func known[V comparable](v V) *V {
	var none V
	if v == none {
		return nil
	}
	return &v
}
