package main

import "database/sql"

// sql changes an SQLite database as no program of ours would.
func (c *conversation) sql(args []string) {
	if len(args) != 2 {
		c.Fatalf("usage: sql FILE STATEMENT")
	}
	db, err := sql.Open("sqlite3", "file:"+c.MkAbs(args[0])+"?_busy_timeout=5000")
	c.Check(err)
	defer db.Close()
	_, err = db.ExecContext(c.tb.Context(), args[1])
	c.Check(err)
}
