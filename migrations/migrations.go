// Package migrations carries the versioned SQL that makes and changes a database, one folder a dialect.
//
// A file that has been released is never changed. `make migration name=add_x` writes the next one from
// the difference between the files and ent/schema.
package migrations

import (
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed sqlite/*.sql postgres/*.sql
var files embed.FS

// SQLite are SQLite's migrations: the files, and those that fill in what SQL cannot compute.
func SQLite() (fs.FS, []*goose.Migration, error) {
	folder, err := fs.Sub(files, "sqlite")
	return folder, filling(), err
}

// Postgres are PostgreSQL's migrations. They begin where SQLite's were when it came to be served.
func Postgres() (fs.FS, []*goose.Migration, error) {
	folder, err := fs.Sub(files, "postgres")
	return folder, nil, err
}
