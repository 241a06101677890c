// Package migrations carries the versioned SQL that makes and changes a database, one folder a dialect.
//
// A file that has been released is never changed. `make migration name=add_x` writes the next one from
// the difference between the files and ent/schema.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed sqlite/*.sql
var files embed.FS

// SQLite is the folder of SQLite's migrations.
func SQLite() (fs.FS, error) { return fs.Sub(files, "sqlite") }
