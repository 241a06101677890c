package observe

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// recorded is an observer whose spans a test sees, and a database that it traces.
type recorded struct {
	*Observer
	spans *tracetest.SpanRecorder
	db    *database.DB
}

func newRecorded(t *testing.T) *recorded {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	o := &Observer{traces: tracesOf(sdktrace.WithSpanProcessor(spans), sdktrace.WithSampler(sdktrace.AlwaysSample()))}
	return &recorded{Observer: o, spans: spans, db: databasetest.New(t, database.WithDriver(o.Driver()))}
}

// request has something happen in a span, and answers the spans that have ended below it by then.
func (r *recorded) request(t *testing.T, do func(ctx context.Context)) (below []sdktrace.ReadOnlySpan) {
	t.Helper()
	before := len(r.spans.Ended())
	ctx, span := r.traces.tracer.Start(t.Context(), "request")
	do(ctx)
	for _, s := range r.spans.Ended()[before:] {
		if s.Parent().SpanID() != span.SpanContext().SpanID() {
			t.Errorf("%s is not below the request", s.Name())
		}
		if !indexless(s) {
			below = append(below, s)
		}
	}
	span.End()
	if open := len(r.spans.Started()) - len(r.spans.Ended()); open != 0 {
		t.Errorf("%d spans have not ended", open)
	}
	return below
}

// indexless tells whether the statement is one of those that a program without FTS5 begins its transactions by.
func indexless(s sdktrace.ReadOnlySpan) bool { return s.Name() == "DROP" }

func names(spans []sdktrace.ReadOnlySpan) (names []string) {
	for _, s := range spans {
		if !indexless(s) {
			names = append(names, s.Name())
		}
	}
	return names
}

func TestStatements(t *testing.T) {
	r := newRecorded(t)
	if n := len(r.spans.Started()); n != 0 {
		t.Errorf("migrating is %d spans, though nobody asked for it", n)
	}
	add := func(ctx context.Context, name string) error {
		return r.db.Write(ctx, func(tx *ent.Tx) error {
			return tx.Category.Create().SetName(name).SetNameKey(name).SetSlug(name).SetCreatedAt(time.Unix(0, 0)).SetUpdatedAt(time.Unix(0, 0)).Exec(ctx)
		})
	}
	below := r.request(t, func(ctx context.Context) {
		if err := add(ctx, "first-secret"); err != nil {
			t.Fatal(err)
		}
	})
	if got := names(below); !slices.Equal(got, []string{"BEGIN", "INSERT", "COMMIT"}) {
		t.Errorf("adding is %q", got)
	}
	below = append(below, r.request(t, func(ctx context.Context) {
		if err := add(ctx, "first-secret"); err == nil {
			t.Fatal("there are two of one name")
		}
	})...)
	if got := names(below[3:]); !slices.Equal(got[:3], []string{"BEGIN", "INSERT", "ROLLBACK"}) || !slices.ContainsFunc(below[3:], func(s sdktrace.ReadOnlySpan) bool { return s.Name() == "INSERT" && s.Status().Code.String() == "Error" }) {
		t.Errorf("adding in vain is %q", got)
	}
	failed := len(below) // PostgreSQL's are tried several times
	below = append(below, r.request(t, func(ctx context.Context) {
		if n, err := r.db.Read.Category.Query().Where(category.Slug("first-secret")).Count(ctx); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if n, err := r.db.Read.Category.Query().Where(category.NameContains("second-secret")).All(ctx); len(n) != 0 || err != nil {
			t.Fatal(n, err)
		}
	})...)
	if got := names(below[failed:]); !slices.Equal(got, []string{"SELECT", "SELECT"}) {
		t.Errorf("reading is %q", got)
	}
	for _, s := range below {
		if len(s.Events()) > 0 || s.Status().Description != "" {
			t.Errorf("%s tells of an error: %v, %q", s.Name(), s.Events(), s.Status().Description)
		}
		for _, a := range s.Attributes() {
			if strings.Contains(a.Value.String(), "secret") {
				t.Errorf("%s: %s is %s", s.Name(), a.Key, a.Value.String())
			}
		}
	}

	if err := add(t.Context(), "third"); err != nil {
		t.Fatal(err)
	}
	if got := names(r.spans.Ended()); len(got) != len(below)+3 {
		t.Errorf("outside of requests there is %q", got)
	}
}

func TestStatementsInTheirOwnForm(t *testing.T) {
	r := newRecorded(t)
	below := r.request(t, func(ctx context.Context) {
		if err := r.db.Write(ctx, func(tx *ent.Tx) error {
			_, err := tx.ExecContext(ctx, "DELETE FROM categories WHERE id = 0")
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	if got := names(below); !slices.Equal(got, []string{"BEGIN", "DELETE", "COMMIT"}) {
		t.Errorf("it is %q", got)
	}
}

func TestLongStatementsAreCut(t *testing.T) {
	r := newRecorded(t)
	below := r.request(t, func(ctx context.Context) {
		ids := make([]int64, 1000)
		for i := range ids {
			ids[i] = int64(i)
		}
		if _, err := r.db.Read.Category.Query().Where(category.IDIn(ids...)).All(ctx); err != nil {
			t.Fatal(err)
		}
	})
	for _, a := range below[0].Attributes() {
		if a.Key == "db.query.text" && len(a.Value.String()) != maxStatement {
			t.Errorf("it is %d bytes long", len(a.Value.String()))
		}
	}
}

func TestTransactionsWithOptions(t *testing.T) {
	var driver dialect.Driver = tracedDriver{Driver: brokenDriver{}}
	begin, ok := driver.(interface {
		BeginTx(context.Context, *sql.TxOptions) (dialect.Tx, error)
	})
	if !ok {
		t.Fatal("ent cannot ask for them")
	}
	if _, err := begin.BeginTx(t.Context(), nil); err == nil {
		t.Error("a driver that cannot begin one did")
	}
	if _, err := driver.Tx(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("error %v", err)
	}
	r := newRecorded(t)
	below := r.request(t, func(ctx context.Context) {
		tx, err := r.db.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	})
	if got := names(below); !slices.Equal(got, []string{"BEGIN", "ROLLBACK"}) {
		t.Errorf("it is %q", got)
	}
}

var errBroken = errors.New("broken")

type brokenDriver struct{ dialect.Driver }

func (brokenDriver) Tx(context.Context) (dialect.Tx, error) { return nil, errBroken }

// A step is a span of a request, or nothing.
func TestSteps(t *testing.T) {
	r := newRecorded(t)
	if got := names(r.request(t, func(ctx context.Context) { r.Step(ctx, "argon2id")() })); !slices.Equal(got, []string{"argon2id"}) {
		t.Errorf("it is %q", got)
	}
	before := len(r.spans.Started())
	r.Step(t.Context(), "argon2id")()
	if len(r.spans.Started()) != before {
		t.Error("what belongs to no request has a span")
	}
}
