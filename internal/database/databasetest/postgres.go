package databasetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/migrations"
)

// templateLock is the number of the advisory lock that whoever makes the template has.
const templateLock = 0x7465_6d70_6c61_7465

// Postgres names a new, empty database with the current schema on the server that GATEHOUSE_TEST_POSTGRES_URL names, for
// tests of what only PostgreSQL has. Where no server is named it skips the test, which a test run that counts must not.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("GATEHOUSE_TEST_POSTGRES_URL")
	if server == "" {
		t.Skip("GATEHOUSE_TEST_POSTGRES_URL names no PostgreSQL server")
	}
	return newPostgres(t, server)
}

// newPostgres makes a database as a copy of one that has the current schema, which is quicker than migrating each.
func newPostgres(t testing.TB, server string) string {
	t.Helper()
	admin := connect(t, server)
	template, err := makeTemplate(t.Context(), admin, server)
	if err != nil {
		t.Fatalf("making a database to copy: %v", err)
	}
	return create(t, server, template)
}

// create makes a database as a copy of another, which goes when the test ends.
func create(t testing.TB, server, template string) string {
	t.Helper()
	admin := connect(t, server)
	name := "gatehouse_test_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+quoted(name)+" TEMPLATE "+quoted(template)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.ExecContext(context.Background(), "DROP DATABASE "+quoted(name)+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return on(server, name)
}

func connect(t testing.TB, server string) *sql.DB {
	t.Helper()
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close() })
	return admin
}

// makeTemplate makes a database with the current schema, unless it is there, and tells its name. It has no connections,
// or it could not be copied.
func makeTemplate(ctx context.Context, admin *sql.DB, server string) (name string, err error) {
	sum, err := schemaSum()
	if err != nil {
		return "", err
	}
	name = "gatehouse_template_" + sum
	conn, err := admin.Conn(ctx)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", templateLock); err != nil {
		return "", err
	}
	defer func() {
		_, unlocked := conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", templateLock)
		err = errors.Join(err, unlocked)
	}()
	var there bool
	err = conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err != nil || there {
		return name, err
	}
	// Under another name until it is whole: a test may be stopped.
	draft := name + "_draft"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + quoted(draft) + " WITH (FORCE)", "CREATE DATABASE " + quoted(draft)} {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return "", err
		}
	}
	if err := migrate(ctx, on(server, draft)); err != nil {
		return "", err
	}
	_, err = conn.ExecContext(ctx, "ALTER DATABASE "+quoted(draft)+" RENAME TO "+quoted(name))
	return name, err
}

func migrate(ctx context.Context, source string) error {
	db, err := database.Open(ctx, source)
	if err != nil {
		return err
	}
	_, err = db.Migrate(ctx)
	return errors.Join(err, db.Close())
}

// schemaSum stands for the migrations there are.
func schemaSum() (string, error) {
	files, _, err := migrations.Postgres()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	err = fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(files, path)
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}

// on names a database of a server.
func on(server, name string) string {
	u, err := url.Parse(server)
	if err != nil { // it was opened
		panic(err)
	}
	u.Path = "/" + name
	return u.String()
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
