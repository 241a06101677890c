package database_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect/sql/schema"
	"github.com/pressly/goose/v3"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/migrate"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/nodeid"
	"github.com/gatehouse/gatehouse/migrations"

	entdialect "entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

func addCategory(ctx context.Context, tx *ent.Tx, slug string) (*ent.Category, error) {
	return tx.Category.Create().SetName(slug).SetNameKey(slug).SetSlug(slug).
		SetCreatedAt(noon).SetUpdatedAt(noon).Save(ctx)
}

func TestMigrationsMatchTheSchemas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	driver, err := entsql.Open(entdialect.SQLite, "file:"+path+"?_fk=1")
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Close()
	err = migrate.NewSchema(driver).Create(t.Context(),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithApplyHook(func(schema.Applier) schema.Applier {
			return schema.ApplyFunc(func(_ context.Context, _ entdialect.ExecQuerier, plan *atlas.Plan) error {
				for _, change := range plan.Changes {
					t.Errorf("ent/schema wants a change that no migration makes: %s", change.Cmd)
				}
				return nil
			})
		}),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// TestMigrationsAreAsTheyWereWritten fails for a file that was changed after its sum was taken: a migration
// that has been released is never changed, and a new one has its sum renewed by `make migration-sum`.
func TestMigrationsAreAsTheyWereWritten(t *testing.T) {
	dir, err := sqltool.NewGooseDir("../../migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	if err := atlas.Validate(dir); err != nil {
		t.Error(err)
	}
}

// A database from before users' names were folded has them folded, and keeps all that refers to a user.
func TestNamesAreFoldedByMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	raw, err := entsql.Open(entdialect.SQLite, "file:"+path+"?_fk=1")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	folder, _, err := migrations.SQLite()
	if err != nil {
		t.Fatal(err)
	}
	before, err := goose.NewProvider(goose.DialectSQLite3, raw.DB(), folder, goose.WithLogger(goose.NopLogger()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := before.UpTo(t.Context(), 20261123154653); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`INSERT INTO users (id, username, username_key, email, email_key, first_name, last_name, password_hash, date_joined)
			VALUES (7, 'u', 'u', 'u@x', 'u@x', 'Änne', 'Straße', '-', '2026-01-31 12:00:00+00:00'),
			       (8, 'v', 'v', 'v@x', 'v@x', '', '', '-', '2026-01-31 12:00:00+00:00')`,
		`INSERT INTO identifiers (key, user_id) VALUES ('u', 7), ('v', 8)`,
	} {
		if _, err := raw.DB().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}

	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[int64]string{7: "änne strasse", 8: " "} {
		if got := db.Read.User.GetX(t.Context(), id).NameKey; got != want {
			t.Errorf("the key of user %d is %q, want %q", id, got, want)
		}
	}
	if n := db.Read.Identifier.Query().CountX(t.Context()); n != 2 {
		t.Errorf("%d names to sign in by are left, of 2", n)
	}
}

func TestMigrateTwiceChangesNothing(t *testing.T) {
	db := databasetest.New(t)
	applied, err := db.Migrate(t.Context())
	if err != nil || len(applied) != 0 {
		t.Fatalf("second Migrate = %v, %v; want nothing to do", applied, err)
	}
	if err := db.CheckMigrated(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestConcurrentMigrations(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			db, err := database.Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestPendingAndNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckMigrated(t.Context()); !errors.Is(err, database.ErrPending) {
		t.Fatalf("an empty database: %v, want ErrPending", err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}

	raw, err := entsql.Open(entdialect.SQLite, "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.DB().Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99990101000000, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckMigrated(t.Context()); !errors.Is(err, database.ErrNewer) {
		t.Fatalf("CheckMigrated = %v, want ErrNewer", err)
	}
	if _, err := db.Migrate(t.Context()); !errors.Is(err, database.ErrNewer) {
		t.Fatalf("Migrate = %v, want ErrNewer", err)
	}
}

func TestWriteCommitsOrUndoes(t *testing.T) {
	ctx := t.Context()
	db := databasetest.New(t)
	if err := db.Write(ctx, func(tx *ent.Tx) error {
		_, err := addCategory(ctx, tx, "kept")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	if err := db.Write(ctx, func(tx *ent.Tx) error {
		if _, err := addCategory(ctx, tx, "undone"); err != nil {
			return err
		}
		return refused
	}); !errors.Is(err, refused) {
		t.Fatalf("Write = %v, want its function's error", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Write(ctx, func(tx *ent.Tx) error {
			if _, err := addCategory(ctx, tx, "panicked"); err != nil {
				return err
			}
			panic("boom")
		})
	}()
	got, err := db.Read.Category.Query().All(ctx)
	if err != nil || len(got) != 1 || got[0].Slug != "kept" {
		t.Fatalf("categories = %v, %v; want only the one that was committed", got, err)
	}
}

func TestReadCannotWrite(t *testing.T) {
	ctx := t.Context()
	db := databasetest.New(t)
	_, err := db.Read.Category.Create().SetName("x").SetNameKey("x").SetSlug("x").
		SetCreatedAt(noon).SetUpdatedAt(noon).Save(ctx)
	if err == nil {
		t.Fatal("the reading client wrote")
	}
}

func TestKeysComeFromTheirRangeAndAreNeverReused(t *testing.T) {
	ctx := t.Context()
	db := databasetest.New(t)
	var first, second int64
	if err := db.Write(ctx, func(tx *ent.Tx) error {
		c, err := addCategory(ctx, tx, "first")
		if err != nil {
			return err
		}
		first = c.ID
		if err := tx.Category.DeleteOneID(first).Exec(ctx); err != nil {
			return err
		}
		c, err = addCategory(ctx, tx, "second")
		second = c.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if want := nodeid.Category.First(); first != want || second != want+1 {
		t.Errorf("keys %d and %d, want %d and %d", first, second, want, want+1)
	}
}

func TestConcurrentWritersAllSucceed(t *testing.T) {
	ctx := t.Context()
	db := databasetest.New(t)
	const writers, each = 8, 25
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				if err := db.Write(ctx, func(tx *ent.Tx) error {
					_, err := addCategory(ctx, tx, time.Duration(w*each+i).String())
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n, err := db.Read.Category.Query().Count(ctx); err != nil || n != writers*each {
		t.Fatalf("%d rows, %v; want %d", n, err, writers*each)
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	// A path that a URI would otherwise misread.
	db, err := database.Open(t.Context(), filepath.Join(dir, "odd ?#% name.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", entry.Name(), info.Mode())
		}
	}
	if len(entries) == 0 || entries[0].Name() != "odd ?#% name.db" {
		t.Errorf("files %v", entries)
	}
}
