package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/graph"
)

// hostile are values that mean harm, or that a client gets wrong, by the name of the type in whose place they are put;
// those without a name go into places of every type.
var hostile = map[string][]any{
	"": {nil, true, 1.5, "", "null", []any{}, []any{nil}, map[string]any{}, map[string]any{"a": 1}, json.Number("1e400")},
	"String": {
		" ", "\x00", "a\x00b", "a\r\nb", "\u202eabc", "\u2028", "\ufffd", "\ufeff", "\U0010ffff", "e\u0301", "ſ", "💣", `'";--`, `%_\*?[](){}`, "../..",
		strings.Repeat("x", 300_000), strings.Repeat("💣", 20_000), strings.Repeat("\u0301", 20_000), strings.Repeat(" ", 20_000), strings.Repeat("a ", 20_000),
	},
	"Int":     {-1, 0, 2147483647, -2147483648, 2147483648, -2147483649, json.Number("9223372036854775808"), json.Number("1e3"), "1"},
	"ID":      {"0", "-1", "007", "x", " 1", "9223372036854775807", "9223372036854775808", 0, -1, json.Number("99999999999999999999"), strings.Repeat("1", 100_000), "\x00"},
	"Decimal": {"-0", "-1", "0.001", "99999999999999999999", "1e5", "NaN", "Infinity", "+1", " 1", "١", "\x00", json.Number("1e5"), json.Number("-1"), strings.Repeat("9", 100_000)},
	"DateTime": {
		"0000-01-01T00:00:00Z", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z",
		"10000-01-01T00:00:00Z", "now", "\x00", 0, strings.Repeat("0", 100_000),
	},
	"Boolean": {"true", 1, 0},
}

// TestHostileArguments puts hostile values into every place of every argument. It asks as staff, who get the furthest. What
// comes of it is an answer or a refusal, never an error that nobody thought of, and never a long one.
func TestHostileArguments(t *testing.T) {
	s := newScene(t)
	fill := filler{graph.Schema(), map[string]any{
		"userUpdate.id": s.ids["SPARE"], "categoryUpdate.id": s.ids["SHELF"], "productUpdate.id": s.ids["HIDDEN"],
		"productCreate.input.category": s.ids["SHELF"], "productsBulkUpsert.input.category": s.ids["SHELF"],
	}}
	for i, p := range places(fill.schema, fill.schema.Query, fill.schema.Mutation) {
		bearer := s.staff(fmt.Sprint("root", i)) // as some places change who asks
		query, variables := fill.question(p, fill.any(p.of))
		if reply := s.ask(query, variables, bearer); strings.Contains(reply, "VALIDATION_FAILED") {
			t.Fatalf("the test cannot ask for %s: %s\n%s", p, query, reply)
		}
		for _, value := range append(hostile[""], hostile[p.of.Name]...) {
			query, variables := fill.question(p, value)
			reply := s.ask(query, variables, bearer)
			understood := !strings.Contains(reply, "INTERNAL_SERVER_ERROR") && utf8.ValidString(reply) && json.Valid([]byte(reply))
			if !understood || len(reply) > 20_000 {
				t.Errorf("%s: %.50q: %d bytes: %s", p, value, len(reply), cut(reply))
			}
		}
	}
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Error("errors were logged")
	}
}
