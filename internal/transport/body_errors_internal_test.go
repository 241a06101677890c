package transport

import (
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// wantEncoded has the errors written, and compares that with what encoding/json writes.
func wantEncoded(t *testing.T, errs gqlerror.List) {
	t.Helper()
	r := response{Errors: errs}
	want, err := encoded(t, r)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.body(); err != nil || string(got) != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

// Errors are what they were when encoding/json wrote them, to the byte.
func TestErrorsAreAsEncodingJSONWritesThem(t *testing.T) {
	path := ast.Path{ast.PathName("products"), ast.PathIndex(0), ast.PathIndex(-12), ast.PathName("naïve <b>\"")}
	for _, errs := range []gqlerror.List{
		{{}},
		{{Message: "plain"}, {Message: "another"}},
		{nil, {Message: "behind none"}},
		{{Message: "of \x00 \x1f \t\n\r \x7f ~ \" \\ / <b> & ' \u2028 \u2029 \u2027 € 日本 😀 \xff \xc3"}},
		{{Message: "at", Path: path}},
		{{Message: "nowhere", Path: ast.Path{}}},
		{{Message: "at nothing", Path: ast.Path{nil, ast.PathIndex(1)}}},
		{{Message: "in", Locations: []gqlerror.Location{{Line: 1, Column: 2}, {Line: 3}, {}}}},
		{{Message: "all", Path: path, Locations: []gqlerror.Location{{Line: 1, Column: 2}}, Rule: "Rule", Extensions: map[string]any{"code": "X"}}},
		{{Message: "many", Extensions: map[string]any{
			"code": "X", "a": 0, "b": -1, "c": int64(7), "d": 1.5, "e": true, "f": nil, "": "of no name", "<": "<>", "ä": []any{1, "<&>"},
			"limit": fault.Limit{Name: "depth", Max: 12}, "map": map[string]any{"b": 1, "a": nil}, "of a kind": fault.Forbidden,
		}}},
		{{Message: "few", Extensions: map[string]any{"retryAfter": 30, "reason": "EXPIRED", "code": "X"}}},
		{{Message: "none", Extensions: map[string]any{}}},
	} {
		wantEncoded(t, errs)
	}
}

func FuzzErrors(f *testing.F) {
	f.Add("a message", "name", 1, "code", "VALUE")
	f.Add("<&>\u2028\x7f", "\xff", -1, "", "\\\"")
	f.Fuzz(func(t *testing.T, message, name string, index int, key, value string) {
		wantEncoded(t, gqlerror.List{{
			Message:    message,
			Path:       ast.Path{ast.PathName(name), ast.PathIndex(index)},
			Extensions: map[string]any{key: value, "n": index, message: name},
		}})
	})
}
