package database

import (
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/money"
)

// No two statements with their arguments have one key, and what has no sure one has none.
func TestStatementKeys(t *testing.T) {
	seen := map[string]int{}
	for i, tt := range []struct {
		query string
		args  []any
	}{
		{"q", nil},
		{"q", []any{nil}},
		{"q", []any{nil, nil}},
		{"q", []any{""}},
		{"q", []any{"", ""}},
		{"q", []any{"a", "b"}},
		{"q", []any{"ab", ""}},
		{"q", []any{"", "ab"}},
		{"q", []any{"ab"}},
		{"qs\x01a", nil},
		{"q", []any{"a"}},
		{"q", []any{int64(1)}},
		{"q", []any{int64(-1)}},
		{"q", []any{true}},
		{"q", []any{false}},
		{"q", []any{"1"}},
		{"q", []any{"t"}},
		{"q", []any{time.Unix(0, 1)}},
		{"q", []any{time.Unix(1, 0)}},
		{"q", []any{money.Amount(3)}},
		{"r", nil},
		{"", nil},
		{"q ", nil},
	} {
		key, ok := statementKey(tt.query, tt.args)
		if !ok {
			t.Errorf("%q %v has no key", tt.query, tt.args)
		}
		if other, twice := seen[key]; twice {
			t.Errorf("%q %v has the key of number %d", tt.query, tt.args, other)
		}
		seen[key] = i
	}
	for _, args := range []any{[]any{[]byte("x")}, []any{1.5}, []any{struct{}{}}, []any{time.Time{}}, "x", nil} {
		if key, ok := statementKey("q", args); ok {
			t.Errorf("%v has the key %q", args, key)
		}
	}
}
