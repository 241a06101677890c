package notify

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Moment is what had been committed at some moment, as pg_current_snapshot() tells it
// (https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT): all transactions before from,
// none from to on, and in between all but those that were running.
type Moment struct {
	from, to uint64
	running  []uint64
}

// Now is this moment.
func (b *Bus) Now(ctx context.Context) (Moment, error) {
	var text string
	if err := b.db.QueryRow(ctx, "SELECT pg_current_snapshot()::text").Scan(&text); err != nil {
		return Moment{}, fmt.Errorf("asking the database what is committed: %w", err)
	}
	return parseMoment(text)
}

// Had says whether the transaction was over at that moment, as one of which a message is heard was by being committed.
func (m Moment) Had(transaction uint64) bool {
	return transaction < m.from || transaction < m.to && !slices.Contains(m.running, transaction)
}

// parseMoment reads from:to:running,running.
func parseMoment(text string) (m Moment, err error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return m, fmt.Errorf("%q is no snapshot", text)
	}
	number := func(text string) (n uint64) {
		n, wrong := strconv.ParseUint(text, 10, 64)
		if wrong != nil {
			err = fmt.Errorf("a snapshot: %w", wrong)
		}
		return n
	}
	m.from, m.to = number(parts[0]), number(parts[1])
	if parts[2] != "" {
		for one := range strings.SplitSeq(parts[2], ",") {
			m.running = append(m.running, number(one))
		}
	}
	return m, err
}
