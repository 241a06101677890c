package database_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// files are the names in a folder.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// alter changes a database file.
func alter(t *testing.T, file string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: file}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

// backup is a copy of a database that has something in it, in a folder of its own.
func backup(t *testing.T, opts ...database.Option) string {
	t.Helper()
	db := databasetest.SQLite(t, opts...)
	databasetest.Fill(t, db, 2)
	file := filepath.Join(t.TempDir(), "copy 100%?#.db")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBackup(t *testing.T) {
	for name, opts := range map[string][]database.Option{"with FTS5": nil, "without": {database.WithoutFTS5()}} {
		t.Run(name, func(t *testing.T) {
			file := backup(t, opts...)
			if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
			report, err := database.Inspect(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			if len(report.Problems) > 0 || report.Standing.Err() != nil || report.Users == 0 || report.Sessions != 0 || report.Categories != report.Users || report.Products != 6*report.Users {
				t.Errorf("%+v", report)
			}
			if got := files(t, filepath.Dir(file)); len(got) != 1 {
				t.Errorf("beside the copy there are %q", got)
			}
			copied, err := database.Open(t.Context(), file, opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer copied.Close()
			if applied, err := copied.Migrate(t.Context()); err != nil || len(applied) > 0 {
				t.Errorf("migrated %v, %v", applied, err)
			}
			if indexed, err := copied.HasSearchIndex(t.Context()); err != nil || indexed != (opts == nil && hasFTS5(t)) {
				t.Errorf("indexed: %v, %v", indexed, err)
			}
			if err := copied.Write(t.Context(), func(tx *ent.Tx) error {
				_, err := addCategory(t.Context(), tx, "later")
				return err
			}); err != nil {
				t.Errorf("writing to it: %v", err)
			}
		})
	}
}

func hasFTS5(t *testing.T) bool {
	t.Helper()
	indexed, err := databasetest.SQLite(t).HasSearchIndex(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return indexed
}

// What is deleted is not in a copy, nor a trace of it: others may have to be able to say so.
func TestBackupForgets(t *testing.T) {
	db := databasetest.SQLite(t)
	const secret = "a-name-that-nobody-is-to-know"
	for _, write := range []func(tx *ent.Tx) error{
		func(tx *ent.Tx) error { _, err := addCategory(t.Context(), tx, secret); return err },
		func(tx *ent.Tx) error { _, err := tx.Category.Delete().Exec(t.Context()); return err },
	} {
		if err := db.Write(t.Context(), write); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), secret) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestBackupThatFails(t *testing.T) {
	db := databasetest.SQLite(t)
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), taken); err != nil { // a name that leads nowhere is taken, too
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), taken); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want fs.ErrExist", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Backup(ctx, filepath.Join(dir, "copy.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{"taken"}) {
		t.Errorf("there are %q", got)
	}
}

func TestStanding(t *testing.T) {
	const newest = "(SELECT MAX(version_id) FROM goose_db_version)"
	for name, test := range map[string]struct {
		statements []string
		want       error
		pending    int
		unknown    int
	}{
		"as it is":               {},
		"the last one is undone": {[]string{"DELETE FROM goose_db_version WHERE version_id = " + newest}, database.ErrPending, 1, 0},
		"it is told as undone":   {[]string{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (" + newest + ", 0)"}, database.ErrPending, 1, 0},
		"and as done again": {[]string{
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (" + newest + ", 0)",
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (" + newest + ", 1)",
		}, nil, 0, 0},
		"newer":                 {[]string{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (29991231000000, 1)"}, database.ErrNewer, 0, 1},
		"another in between":    {[]string{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261123000001, 1)"}, database.ErrNewer, 0, 1},
		"a newer one is undone": {[]string{"INSERT INTO goose_db_version (version_id, is_applied) VALUES (29991231000000, 0)"}, nil, 0, 0},
		"newer and pending": {[]string{
			"INSERT INTO goose_db_version (version_id, is_applied) VALUES (29991231000000, 1)", "DELETE FROM goose_db_version WHERE version_id = 20261123000000",
		}, database.ErrNewer, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			file := backup(t)
			alter(t, file, test.statements...)
			db, err := database.Open(t.Context(), file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			standing, err := db.Standing(t.Context())
			if err != nil || !errors.Is(standing.Err(), test.want) || len(standing.Pending) != test.pending || len(standing.Unknown) != test.unknown {
				t.Errorf("%+v, %v", standing, err)
			}
			report, err := database.Inspect(t.Context(), file)
			if err != nil || (len(report.Problems) > 0) != errors.Is(test.want, database.ErrNewer) {
				t.Errorf("%+v, %v", report, err)
			}
		})
	}
	never, err := database.Open(t.Context(), filepath.Join(t.TempDir(), "new.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer never.Close()
	if standing, err := never.Standing(t.Context()); err == nil {
		t.Errorf("of one that was never migrated: %+v", standing)
	}
	if err := never.Answers(t.Context()); err == nil {
		t.Error("one that was never migrated answers")
	}
}

// Neither waits for a writer, be it one that takes long.
func TestReadinessWaitsForNoWriter(t *testing.T) {
	db := databasetest.SQLite(t)
	if err := db.Write(t.Context(), func(tx *ent.Tx) error {
		if _, err := addCategory(t.Context(), tx, "one"); err != nil {
			return err
		}
		standing, err := db.Standing(t.Context())
		return errors.Join(err, standing.Err(), db.Answers(t.Context()))
	}); err != nil {
		t.Error(err)
	}
}

func TestInspectFindsDamage(t *testing.T) {
	file := backup(t)
	alter(t, file, "PRAGMA writable_schema = on",
		"UPDATE sqlite_schema SET sql = replace(sql, '(`user_id`', '(`created_at`') WHERE type = 'index' AND tbl_name = 'sessions'",
		"UPDATE sqlite_schema SET sql = 'CREATE UNIQUE INDEX user_last_login ON users (is_active)' WHERE name = 'user_last_login'")
	report, err := database.Inspect(t.Context(), file)
	if err != nil || len(report.Problems) == 0 || len(report.Problems) > 10 {
		t.Errorf("%+v, %v", report, err)
	}
	target := filepath.Join(t.TempDir(), "data", "gatehouse.db")
	if _, err := database.Restore(t.Context(), file, target, false); !errors.Is(err, database.ErrDamaged) {
		t.Errorf("error %v, want ErrDamaged", err)
	}
}

// A copy on a medium that cannot be written to is read as well, even one that says that it has a log.
func TestInspectWritesNothing(t *testing.T) {
	file := backup(t)
	alter(t, file, "PRAGMA journal_mode = WAL")
	dir := filepath.Dir(file)
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	if report, err := database.Inspect(t.Context(), file); err != nil || len(report.Problems) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if got := files(t, dir); !slices.Equal(got, before) {
		t.Errorf("in the folder there are %q, not %q", got, before)
	}
}

func TestRestore(t *testing.T) {
	file := backup(t)
	dir := filepath.Join(t.TempDir(), "data")
	target := filepath.Join(dir, "gatehouse.db")
	if replaced, err := database.Restore(t.Context(), file, target, false); err != nil || replaced != "" {
		t.Fatalf("%q, %v", replaced, err)
	}
	if _, err := database.Restore(t.Context(), file, target, false); !errors.Is(err, database.ErrOccupied) {
		t.Errorf("error %v, want ErrOccupied", err)
	}
	for _, name := range []string{".replaced-1", ".replaced-2"} {
		if replaced, err := database.Restore(t.Context(), file, target, true); err != nil || replaced != target+name {
			t.Errorf("%q, %v, want %s", replaced, err, name)
		}
	}

	// One that is interrupted leaves all as it was.
	before := files(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := database.Restore(ctx, file, target, true); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
	if got := files(t, dir); !slices.Equal(got, before) {
		t.Errorf("there are %q, not %q", got, before)
	}

	// A database that is no more than a ruin is replaced, too.
	if err := os.WriteFile(target, []byte(strings.Repeat("ruins ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if replaced, err := database.Restore(t.Context(), file, target, true); err != nil || replaced != target+".replaced-3" {
		t.Errorf("%q, %v", replaced, err)
	}
	if report, err := database.Inspect(t.Context(), target); err != nil || len(report.Problems) > 0 {
		t.Errorf("%+v, %v", report, err)
	}
}

// A database that is reached by a symbolic link is replaced where it is, and the link stays.
func TestRestoreThroughALink(t *testing.T) {
	dir := t.TempDir()
	source, big := databasetest.Open(t, filepath.Join(dir, "source.db")), filepath.Join(dir, "big")
	copied := filepath.Join(dir, "copy.db")
	if err := errors.Join(source.Backup(t.Context(), copied), os.Mkdir(big, 0o700)); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "gatehouse.db")
	if err := errors.Join(os.WriteFile(filepath.Join(big, "real.db"), []byte("old"), 0o600), os.Symlink("big/real.db", link)); err != nil {
		t.Fatal(err)
	}
	replaced, err := database.Restore(t.Context(), copied, link, true)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is %v, %v", info, err)
	}
	if old, err := os.ReadFile(replaced); filepath.Dir(replaced) != big || string(old) != "old" || err != nil {
		t.Errorf("what was there is now %s: %q, %v", replaced, old, err)
	}
	if report, err := database.Inspect(t.Context(), filepath.Join(big, "real.db")); err != nil || len(report.Problems) > 0 {
		t.Errorf("where the link leads to is %+v, %v", report, err)
	}
}
