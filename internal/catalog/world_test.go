package catalog_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
)

// noon is when every test begins: with a fraction of a second, as times mostly have.
var noon = time.Date(2026, 1, 31, 12, 0, 0, 123_456_789, time.UTC)

// clock is a clock that a test sets.
type clock struct {
	mu   sync.Mutex
	time time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.time
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.time = c.time.Add(d)
}

// statements are what ran against a database.
type statements struct {
	mu   sync.Mutex
	list []string
}

func (s *statements) trace(_ context.Context, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, text)
}

// take is what ran since the last take.
func (s *statements) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	return list
}

// selects are the SELECTs that ran since the last take, in a transaction or not.
func (s *statements) selects() (queries []string) {
	for _, text := range s.take() {
		_, query, _ := strings.Cut(text, "query=")
		query, _, _ = strings.Cut(query, " args=[")
		if strings.HasPrefix(query, "SELECT") || strings.HasPrefix(query, "WITH") {
			queries = append(queries, query)
		}
	}
	return queries
}

// world is a Catalog, what it stands on, and the people in it.
type world struct {
	*catalog.Catalog
	db    *database.DB
	clock *clock
	ran   *statements
	// source names the database, and feed makes what its changes are told by, with a wait for all that is committed.
	source string
	feed   func(t *testing.T) (feed catalog.Feed, settle func())

	ada, bob, root auth.Viewer // two who sell, and staff
}

// build makes a world without any products.
func build(t testing.TB, opts ...database.Option) *world {
	t.Helper()
	ran := new(statements)
	source := databasetest.Source(t)
	db := databasetest.Open(t, source, append([]database.Option{databasetest.Trace(ran.trace)}, opts...)...)
	w := &world{db: db, source: source, feed: localFeed, clock: &clock{time: noon}, ran: ran}
	w.Catalog = catalog.New(w.db, catalog.NewLocalFeed(), w.clock.now)
	w.write(t, func(tx *ent.Tx) error {
		for name, viewer := range map[string]*auth.Viewer{"ada": &w.ada, "bob": &w.bob, "root": &w.root} {
			user, err := tx.User.Create().SetUsername(name).SetUsernameKey(name).SetEmail(name + "@example.org").
				SetEmailKey(name + "@example.org").SetPasswordHash("-").SetIsStaff(name == "root").SetDateJoined(noon).Save(t.Context())
			if err != nil {
				return err
			}
			*viewer = auth.Viewer{UserID: user.ID, IsStaff: user.IsStaff}
		}
		return nil
	})
	ran.take()
	return w
}

// open opens a database of its own, and a back door to it.
func open(t testing.TB, opts ...database.Option) (*database.DB, *sql.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := database.Open(t.Context(), path, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	return db, raw
}

// as is a context in which the viewer asks; the zero Viewer asks without a token.
func as(t testing.TB, viewer auth.Viewer) context.Context {
	t.Helper()
	if !viewer.SignedIn() {
		return auth.WithAuthorization(t.Context(), "", func(context.Context, string) (auth.Viewer, error) {
			t.Error("an anonymous request was authenticated")
			return auth.Viewer{}, errors.New("nobody is there")
		})
	}
	return auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		return viewer, nil
	})
}

// anonymous is a context in which nobody in particular asks.
func anonymous(t testing.TB) context.Context {
	t.Helper()
	return as(t, auth.Viewer{})
}

func (w *world) write(t testing.TB, f func(tx *ent.Tx) error) {
	t.Helper()
	if err := w.db.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// shelf makes a category, below parent unless that is 0.
func (w *world) shelf(t testing.TB, name string, parent int64) *ent.Category {
	t.Helper()
	in := catalog.NewCategory{Name: name}
	if parent != 0 {
		in.Parent = &parent
	}
	row, err := w.CreateCategory(as(t, w.root), in, nil)
	if err != nil {
		t.Fatalf("category %s: %v", name, err)
	}
	return row
}

// offer makes a product of ada's, with changes to what is otherwise a plain one.
func (w *world) offer(t testing.TB, name string, shelf int64, change ...func(*catalog.NewProduct)) *ent.Product {
	t.Helper()
	in := catalog.NewProduct{Name: name, Price: decimal(t, "1.00"), Category: shelf}
	for _, f := range change {
		f(&in)
	}
	row, err := w.CreateProduct(as(t, w.ada), in, nil)
	if err != nil {
		t.Fatalf("product %s: %v", name, err)
	}
	return row
}

func unpublished(in *catalog.NewProduct) { in.IsPublished = new(false) }

// stored is a product as the database has it.
func (w *world) stored(t testing.TB, id int64) *ent.Product {
	t.Helper()
	row, err := w.db.Read.Product.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func decimal(t testing.TB, text string) money.Decimal {
	t.Helper()
	d, err := money.ParseDecimal(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return d
}

// fields parses a selection such as "totalCount nodes{category{parent}}".
func fields(selection string) page.Fields {
	root := page.Fields{}
	open := []page.Fields{root}
	last := ""
	for _, word := range strings.Fields(strings.NewReplacer("{", " { ", "}", " } ").Replace(selection)) {
		top := open[len(open)-1]
		switch word {
		case "{":
			below := page.Fields{}
			top[last] = below
			open = append(open, below)
		case "}":
			open = open[:len(open)-1]
		default:
			top[word] = nil
			last = word
		}
	}
	return root
}

// wantCode expects a refusal with this code.
func wantCode(t testing.TB, err error, code fault.Code) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("error %v (%s); want %s", err, got, code)
	}
}

// wantMistakes expects exactly these mistakes, each as "field CODE", in this order.
func wantMistakes(t testing.TB, err error, want ...string) {
	t.Helper()
	var mistakes fault.Mistakes
	if !errors.As(err, &mistakes) {
		t.Errorf("error %v; want the mistakes %q", err, want)
		return
	}
	var got []string
	for _, m := range mistakes {
		got = append(got, strings.Join(m.Field, ".")+" "+string(m.Code))
		if m.Message == "" {
			t.Errorf("the mistake in %s has no message", m.Field)
		}
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("mistakes %q; want %q", got, want)
	}
}
