//go:build ignore

// Command new writes the migration that leads from the migrations there are to ent/schema. Without a name
// it only renews atlas.sum, after a migration was edited by hand.
package main

import (
	"context"
	"log"
	"os"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/mattn/go-sqlite3"

	"github.com/gatehouse/gatehouse/ent/migrate"
)

func main() {
	dir, err := sqltool.NewGooseDir("migrations/sqlite")
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) != 2 {
		sum, err := dir.Checksum()
		if err != nil {
			log.Fatal(err)
		}
		if err := atlas.WriteSumFile(dir, sum); err != nil {
			log.Fatal(err)
		}
		return
	}
	err = migrate.NamedDiff(context.Background(), "sqlite://new?mode=memory&_fk=1", os.Args[1],
		schema.WithDir(dir),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDialect(dialect.SQLite),
		schema.WithFormatter(sqltool.GooseFormatter),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
	)
	if err != nil {
		log.Fatal(err)
	}
}
