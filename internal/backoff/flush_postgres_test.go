package backoff_test

import (
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// A failure that is counted while the rows are being cleared away is not cleared away with them.
func TestFlushSparesWhatIsCountedMeanwhile(t *testing.T) {
	source := databasetest.Postgres(t)
	db := databasetest.Open(t, source)
	guard, err := backoff.New(db, backoff.Settings{
		FreePerAccount: 5, FreePerAddress: 50, FirstDelay: time.Second, MaxDelay: time.Hour,
		ForgiveAfter: time.Minute, MaxRows: 1000, Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	beside, err := sql.Open("pgx", source)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	execute := func(on interface {
		Exec(string, ...any) (sql.Result, error)
	}, statement string, args ...any,
	) {
		t.Helper()
		if _, err := on.Exec(statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	execute(beside, "INSERT INTO backoffs (key, clears_at, blocked_until) VALUES ('a', $1, $1)", noon.Add(-time.Minute))
	counting, err := beside.Begin()
	if err != nil {
		t.Fatal(err)
	}
	execute(counting, "UPDATE backoffs SET clears_at = $1, blocked_until = $1", noon.Add(time.Hour))
	flushed := make(chan int)
	go func() {
		n, err := guard.Flush(t.Context())
		if err != nil {
			t.Error(err)
		}
		flushed <- n
	}()
	for waiting := 0; waiting == 0; time.Sleep(time.Millisecond) { // until the flush has come to the row
		const query = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
		if err := beside.QueryRow(query).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := counting.Commit(); err != nil {
		t.Fatal(err)
	}
	if n := <-flushed; n != 0 {
		t.Errorf("%d rows were cleared away, want none", n)
	}
}
