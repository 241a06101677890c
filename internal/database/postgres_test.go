package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// Two transactions that read what the other writes: as if one came after the other, only the first finds nothing.
func TestOverlappingTransactionsAreAsOneAfterTheOther(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t))
	var both sync.WaitGroup // have read
	both.Add(2)
	var runs atomic.Int32
	var group sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		group.Go(func() {
			first := true
			if err := db.Write(t.Context(), func(tx *ent.Tx) error {
				runs.Add(1)
				n, err := tx.Category.Query().Where(category.NameKeyNEQ("nobody")).Count(t.Context())
				if first {
					first = false
					both.Done()
					both.Wait()
				}
				if n > 0 || err != nil {
					return err
				}
				_, err = addCategory(t.Context(), tx, name)
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := db.Read.Category.Query().CountX(t.Context()); n != 1 {
		t.Errorf("%d rows, want that of who came first", n)
	}
	if runs := runs.Load(); runs < 3 {
		t.Errorf("%d runs: nobody was in anybody's way", runs)
	}
}

// What is asked for first and taken by somebody else meanwhile is asked for again, at any isolation.
func TestAViolatedConstraintIsLookedAtAgain(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t))
	taken := errors.New("taken")
	for _, isolation := range []database.Isolation{database.Serializable, database.ReadCommitted} {
		slug := fmt.Sprint("slug-", isolation)
		runs := 0
		err := db.WriteAt(t.Context(), isolation, func(tx *ent.Tx) error {
			runs++
			found, err := tx.Category.Query().Where(category.Slug(slug)).Exist(t.Context())
			if err != nil {
				return err
			}
			if found {
				return taken
			}
			if runs == 1 { // somebody else is faster
				if err := db.Write(t.Context(), func(other *ent.Tx) error {
					_, err := addCategory(t.Context(), other, slug)
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			_, err = addCategory(t.Context(), tx, slug)
			return err
		})
		if !errors.Is(err, taken) || runs != 2 {
			t.Errorf("isolation %d: %v after %d runs; want that it was found taken in the second", isolation, err, runs)
		}
	}
}

// One that nobody asks about is violated for good: it is tried a few times, and told.
func TestAConstraintThatStaysViolatedIsTold(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t))
	runs := 0
	err := db.Write(t.Context(), func(tx *ent.Tx) error {
		runs++
		for range 2 {
			if _, err := addCategory(t.Context(), tx, "twice"); err != nil {
				return err
			}
		}
		return nil
	})
	if !ent.IsConstraintError(err) || runs < 2 || runs > 5 {
		t.Errorf("%v after %d runs; want a constraint error after a few", err, runs)
	}
}

// Many that count the same rows up come to the sum.
func TestNoUpdateIsLost(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t), database.WithConnections(40))
	sell(t, db, "counted")
	const writers, each = 8, 20
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range each {
				if err := db.Write(t.Context(), func(tx *ent.Tx) error {
					p, err := tx.Product.Query().Only(t.Context())
					if err != nil {
						return err
					}
					return tx.Product.UpdateOne(p).SetStock(p.Stock + 1).Exec(t.Context())
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if got := db.Read.Product.Query().OnlyX(t.Context()).Stock; got != writers*each {
		t.Errorf("counted to %d, want %d", got, writers*each)
	}
}

// Who writes alone waits for those who are at it, and has others wait.
func TestWriteAlone(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t), database.WithConnections(40))
	alone, others := make(chan struct{}), make(chan error)
	go func() {
		<-alone
		others <- db.Write(t.Context(), func(tx *ent.Tx) error {
			_, err := addCategory(t.Context(), tx, "after")
			return err
		})
	}()
	if err := db.WriteAlone(t.Context(), []string{category.Table}, func(tx *ent.Tx) error {
		close(alone)
		for range 50 { // in which the other would be done
			if n, err := tx.Category.Query().Count(t.Context()); n != 0 || err != nil {
				t.Fatalf("%d rows, %v: somebody else wrote", n, err)
			}
			time.Sleep(time.Millisecond)
		}
		select {
		case err := <-others:
			t.Errorf("another wrote meanwhile: %v", err)
		default:
		}
		_, err := addCategory(t.Context(), tx, "alone")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := <-others; err != nil {
		t.Error(err)
	}
	if n := db.Read.Category.Query().CountX(t.Context()); n != 2 {
		t.Errorf("%d rows, want 2", n)
	}
}

// A request that is given up stops its statement on the server, too, and the connection is good for the next.
func TestACancelledStatementStops(t *testing.T) {
	source := databasetest.Postgres(t)
	db := databasetest.Open(t, source, database.WithConnections(2))
	ctx, cancel := context.WithCancel(t.Context())
	running := make(chan struct{})
	var err error
	go func() {
		defer close(running)
		err = db.Write(ctx, func(tx *ent.Tx) error {
			_, err := tx.ExecContext(ctx, "SELECT pg_sleep(60)")
			return err
		})
	}()
	outside := postgresDoor(t, source)
	sleeping := func() (n int) {
		const query = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'"
		if err := outside.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for sleeping() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	<-running
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Write = %v, want that it was cancelled", err)
	}
	for sleeping() > 0 { // until the test's time is up
		time.Sleep(time.Millisecond)
	}
	if _, err := db.Read.Category.Query().Count(t.Context()); err != nil {
		t.Error(err)
	}
}

// PostgreSQL itself ends what takes too long, should the program have gone away.
func TestStatementTimeout(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t), database.WithStatementTimeout(20*time.Millisecond))
	err := db.Write(t.Context(), func(tx *ent.Tx) error {
		_, err := tx.ExecContext(t.Context(), "SELECT pg_sleep(60)")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "statement timeout") {
		t.Errorf("Write = %v, want a statement timeout", err)
	}
	if _, err := db.Migrate(t.Context()); err != nil { // which may take longer
		t.Error(err)
	}
}

// A text that PostgreSQL cannot have finds nothing and stores something, and is no error.
func TestWhatIsNoTextIsNoError(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t))
	for _, text := range []string{"\x00", "a\x00b", "\xff", "a\xc3", "\xed\xa0\x80"} {
		if n, err := db.Read.Category.Query().Where(category.NameKey(text)).Count(t.Context()); n != 0 || err != nil {
			t.Errorf("%q finds %d, %v", text, n, err)
		}
		if err := db.Write(t.Context(), func(tx *ent.Tx) error {
			_, err := tx.Category.Query().Where(category.NameKeyGT(text)).Count(t.Context())
			return err
		}); err != nil {
			t.Errorf("%q in a transaction: %v", text, err)
		}
	}
}

// Texts sort by their bytes, whatever the language of the server, and times are told in UTC.
func TestTextsSortByTheirBytes(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t))
	want := []string{"B", "a", "a b", "a-b", "ab", "z", "Ä", "ä", "\ue000", "𐐀"}
	for _, name := range []string{"ä", "𐐀", "ab", "Ä", "a-b", "z", "a", "\ue000", "a b", "B"} {
		if err := db.Write(t.Context(), func(tx *ent.Tx) error {
			_, err := addCategory(t.Context(), tx, name)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	rows := db.Read.Category.Query().Order(category.BySlug()).AllX(t.Context())
	for i, row := range rows {
		if row.Slug != want[i] {
			t.Errorf("place %d has %q, want %q", i, row.Slug, want[i])
		}
		if row.CreatedAt != noon {
			t.Errorf("made at %v, want %v", row.CreatedAt, noon)
		}
	}
}

// A search looks into the index of trigrams, even for what means something to LIKE.
func TestSearchByTrigrams(t *testing.T) {
	source := databasetest.Postgres(t)
	var statements []string
	var mu sync.Mutex
	db := databasetest.Open(t, source, database.WithTrace(func(_ context.Context, line ...any) {
		mu.Lock()
		defer mu.Unlock()
		statements = append(statements, fmt.Sprint(line...))
	}))
	for _, name := range []string{"green tea", "100% tea", "100_ tea", `back\slash tea`, "coffee"} {
		sell(t, db, name)
	}
	for words, want := range map[string]int{"tea": 4, "00%": 1, "00_": 1, `k\s`: 1, "tea green": 1, "te": 5, "x\x00y": 0} {
		if got := candidates(t, db, strings.Fields(words)...); len(got) != want {
			t.Errorf("%q may be in %q, want %d", words, got, want)
		}
	}
	raw := postgresDoor(t, source)
	execute(t, raw, "SET enable_seqscan = off") // there are few products
	rows, err := raw.QueryContext(t.Context(), `EXPLAIN SELECT id FROM products
		WHERE name_key LIKE '%tea%' OR sku_key LIKE '%tea%' OR description_key LIKE '%tea%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	plan := ""
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan += line + "\n"
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(plan, "Bitmap Index Scan on product_search") {
		t.Errorf("the plan is\n%s", plan)
	}
}

// A database that would give other answers is refused, and no error tells the password.
func TestOpenRefuses(t *testing.T) {
	source, err := url.Parse(databasetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	admin := postgresDoor(t, source.String())
	execute(t, admin, `CREATE DATABASE gatehouse_latin TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`)
	t.Cleanup(func() { _, _ = admin.ExecContext(context.Background(), "DROP DATABASE gatehouse_latin WITH (FORCE)") })
	at := func(change func(*url.URL)) string {
		other := *source
		other.User = url.UserPassword(source.User.Username(), "hunter2")
		change(&other)
		return other.String()
	}
	for name, tt := range map[string]struct{ source, says string }{
		"another encoding": {at(func(u *url.URL) { u.Path = "/gatehouse_latin" }), "the database's encoding is LATIN1, but has to be UTF8"},
		"no such database": {at(func(u *url.URL) { u.Path = "/gatehouse_nowhere" }), `database "gatehouse_nowhere" does not exist`},
		"nobody there":     {at(func(u *url.URL) { u.Host = "127.0.0.1:1" }), "connect"},
		"a bad parameter":  {at(func(u *url.URL) { u.RawQuery = "sslmode=perhaps" }), "sslmode"},
		"a bad URL":        {"postgres://u:hunter2@[::1/db", ""},
	} {
		db, err := database.Open(t.Context(), tt.source)
		if err == nil {
			_ = db.Close()
			t.Errorf("%s: it was opened", name)
			continue
		}
		if !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// No reader's connection writes, and the pools are no larger than they are to be.
func TestPoolsOfPostgres(t *testing.T) {
	source := databasetest.Postgres(t)
	db := databasetest.Open(t, source, database.WithConnections(8))
	if _, err := db.Read.ExecContext(t.Context(), "DELETE FROM products"); err == nil || !strings.Contains(err.Error(), "read-only") {
		t.Errorf("a reader deletes: %v", err)
	}
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := db.Read.ExecContext(t.Context(), "SELECT pg_sleep(0.02)"); err != nil {
				t.Error(err)
			}
			if err := db.WriteAt(t.Context(), database.ReadCommitted, func(tx *ent.Tx) error {
				_, err := tx.ExecContext(t.Context(), "SELECT pg_sleep(0.002)")
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	var reading, writing int
	if err := postgresDoor(t, source).QueryRowContext(t.Context(), `SELECT
		COUNT(*) FILTER (WHERE query LIKE 'SELECT pg_sleep(0.02)%'), COUNT(*) FILTER (WHERE query = 'commit')
		FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gatehouse'`).Scan(&reading, &writing); err != nil {
		t.Fatal(err)
	}
	if reading != 6 || writing != 2 {
		t.Errorf("%d connections read and %d write, want 6 and 2", reading, writing)
	}
}

// Any number of programs that start at once migrate an empty database once.
func TestConcurrentMigrationsOfPostgres(t *testing.T) {
	source, err := url.Parse(databasetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	admin := postgresDoor(t, source.String())
	empty := "gatehouse_empty_" + strings.TrimPrefix(source.Path, "/gatehouse_test_")
	execute(t, admin, `CREATE DATABASE "`+empty+`"`)
	t.Cleanup(func() {
		_, _ = admin.ExecContext(context.Background(), `DROP DATABASE "`+empty+`" WITH (FORCE)`)
	})
	source.Path = "/" + empty
	var applied atomic.Int32
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			db, err := database.Open(t.Context(), source.String(), database.WithConnections(1), database.WithStatementTimeout(time.Second))
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			done, err := db.Migrate(t.Context())
			if err != nil {
				t.Error(err)
			}
			if len(done) > 0 {
				applied.Add(1)
			}
			if err := db.CheckMigrated(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := applied.Load(); n != 1 {
		t.Errorf("%d of them migrated, want one", n)
	}
}

// postgresDoor is one connection to a database beside the program's own.
func postgresDoor(t *testing.T, source string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("pgx", source)
	if err != nil {
		t.Fatal(err)
	}
	raw.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = raw.Close() })
	return raw
}

// What has to be written though nobody waits for it does not wait for ever.
func TestOutlasting(t *testing.T) {
	given, cancel := context.WithCancel(context.WithValue(t.Context(), database.Isolation(0), "kept"))
	ctx, end := database.Outlasting(given)
	defer end()
	cancel()
	if ctx.Err() != nil || ctx.Value(database.Isolation(0)) != "kept" {
		t.Errorf("it ended with the caller: %v", ctx.Err())
	}
	if deadline, set := ctx.Deadline(); !set || time.Until(deadline) > 10*time.Second {
		t.Errorf("it ends at %v (%t)", deadline, set)
	}
}
