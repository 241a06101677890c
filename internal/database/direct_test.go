package database_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// A connection of one's own is to the same database, and tells what it is for. A wait on it may be given up.
func TestConnect(t *testing.T) {
	source := databasetest.Postgres(t)
	for name, opts := range map[string][]database.Option{
		"by the source": nil, "by another way": {database.WithDirect(source + "&connect_timeout=9")}, "by an empty one": {database.WithDirect("")},
	} {
		t.Run(name, func(t *testing.T) {
			db := databasetest.Open(t, source, opts...)
			conn, err := db.Connect(t.Context(), "tester")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close(t.Context()) }()
			waiting, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if n, err := conn.WaitForNotification(waiting); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("%v, %v", n, err)
			}
			var who string
			if err := conn.QueryRow(t.Context(), "SELECT current_setting('application_name')").Scan(&who); err != nil || who != "gatehouse tester" {
				t.Errorf("it says %q, %v", who, err)
			}
		})
	}
}

func TestConnectElsewhere(t *testing.T) {
	db := databasetest.Open(t, databasetest.Postgres(t), database.WithDirect(databasetest.Postgres(t)))
	for range 2 {
		if conn, err := db.Connect(t.Context(), "tester"); !errors.Is(err, database.ErrOtherDatabase) || conn != nil {
			t.Errorf("%v, %v; want ErrOtherDatabase", conn, err)
		}
	}
	_, err := database.Open(t.Context(), databasetest.Postgres(t), database.WithDirect("postgres://u:geheim@h:port/d"))
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("a source that is none: %v", err)
	}
}
