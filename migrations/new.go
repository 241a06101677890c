//go:build ignore

// Command new writes the migrations, one for each dialect, that lead from those there are to ent/schema. Without a name
// it only renews the atlas.sum files, after a migration was edited by hand.
//
// PostgreSQL's is written with the help of an empty database, which GATEHOUSE_TEST_POSTGRES_URL names a server for.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"

	"github.com/gatehouse/gatehouse/ent/migrate"
)

func main() {
	var err error
	switch len(os.Args) {
	case 1:
		err = errors.Join(renewSum("migrations/sqlite"), renewSum("migrations/postgres"))
	case 2:
		err = write(os.Args[1])
	default:
		err = errors.New("one name at the most")
	}
	if err != nil {
		log.Fatal(err)
	}
}

func renewSum(folder string) error {
	dir, err := sqltool.NewGooseDir(folder)
	if err != nil {
		return err
	}
	sum, err := dir.Checksum()
	if err != nil {
		return err
	}
	return atlas.WriteSumFile(dir, sum)
}

func write(name string) error {
	server := os.Getenv("GATEHOUSE_TEST_POSTGRES_URL")
	if server == "" {
		return errors.New("GATEHOUSE_TEST_POSTGRES_URL must name a PostgreSQL server, such as postgres://127.0.0.1/postgres")
	}
	if err := diff(name, dialect.SQLite, "migrations/sqlite", "sqlite://new?mode=memory&_fk=1"); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	beyond()
	return onPostgres(server, func(empty string) error {
		return diff(name, dialect.Postgres, "migrations/postgres", empty)
	})
}

func diff(name, kind, folder, empty string) error {
	dir, err := sqltool.NewGooseDir(folder)
	if err != nil {
		return err
	}
	return migrate.NamedDiff(context.Background(), empty, name,
		schema.WithDir(dir),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(kind),
		schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
	)
}

// beyond makes of the tables what PostgreSQL is to have: texts are compared bytewise, as SQLite compares them; keys are
// the same; and products are searched by trigrams.
func beyond() {
	for _, table := range migrate.Tables {
		if first := table.Annotation; first != nil && first.IncrementStart != nil {
			*first.IncrementStart++ // is the first key here, and on SQLite the last one before it
		}
		for _, column := range table.Columns {
			if column.Type == field.TypeString || column.Type == field.TypeEnum {
				column.Collation = "C"
			}
		}
	}
	var searched []*schema.Column
	classes := map[string]string{}
	for _, column := range migrate.ProductsTable.Columns {
		switch column.Name {
		case "name_key", "sku_key", "description_key":
			searched = append(searched, column)
			classes[column.Name] = "gin_trgm_ops"
		}
	}
	migrate.ProductsTable.Indexes = append(migrate.ProductsTable.Indexes, &schema.Index{
		Name: "product_search", Columns: searched,
		Annotation: &entsql.IndexAnnotation{Type: "GIN", OpClassColumns: classes},
	})
}

// onPostgres runs f with an empty database of its own.
func onPostgres(server string, f func(empty string) error) (err error) {
	sql.Register("postgres", stdlib.GetDefaultDriver()) // by which name it is looked for
	db, err := sql.Open("postgres", server)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	const name = "gatehouse_new_migration"
	const drop = "DROP DATABASE IF EXISTS " + name
	for _, statement := range []string{drop, "CREATE DATABASE " + name} {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	defer func() {
		_, dropped := db.Exec(drop)
		err = errors.Join(err, dropped)
	}()
	empty, err := url.Parse(server)
	if err != nil {
		return err
	}
	empty.Path = "/" + name
	return f(empty.String())
}
