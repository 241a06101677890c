package page_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

// cursorOf forges a cursor.
func cursorOf(t testing.TB, text string) string {
	t.Helper()
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

// A cursor is of one list and one order; which levels that order repeats does not matter.
func TestCursorsBelongToTheirOrder(t *testing.T) {
	cursors := func(o page.Order[*row]) string {
		plan, err := page.NewPlan(page.Args{}, o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := plan.Run(t.Context(), page.Fields{"edges": nil},
			func(context.Context, func(*sql.Selector)) ([]*row, error) {
				return []*row{{id: 1, text: "x", n: 2}}, nil
			}, noCount)
		if err != nil {
			t.Fatal(err)
		}
		return got.Edges[0].Cursor
	}
	other := order(byText)
	other.List = "other"
	for _, tt := range []struct {
		name     string
		of, used page.Order[*row]
		ok       bool
	}{
		{"the same", order(byText, byNumber), order(byText, byNumber), true},
		{"repeats", order(byText, byText.Descending()), order(byText, byText), true},
		{"no keys", order(), order(), true},
		{"other levels", order(byText, byNumber), order(byNumber, byText), false},
		{"fewer", order(byText, byNumber), order(byText), false},
		{"more", order(byText), order(byText, byNumber), false},
		{"the other way", order(byText), order(byText.Descending()), false},
		{"none", order(byText), order(), false},
		{"another list", order(byText), other, false},
	} {
		cursor := cursors(tt.of)
		_, err := page.NewPlan(page.Args{After: &cursor}, tt.used)
		if tt.ok && err != nil || !tt.ok && fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// Whatever a client sends for a cursor is a place in the list or BAD_USER_INPUT: no panic, and no error that
// the database would be the first to find.
func FuzzCursor(f *testing.F) {
	for _, text := range []string{
		``, `null`, `[]`, `{}`, `[null]`, `["row TEXT NUMBER- MOMENT","x",5,"2026-01-31T12:00:00Z",1]`,
		`["row TEXT NUMBER- MOMENT","",-0,"0001-01-01T00:00:00Z",-1]`,
		`["row TEXT NUMBER- MOMENT","\u0000\ud800",9223372036854775807,"9999-12-31T23:59:59.999999999+14:00",9223372036854775807]`,
		`["row TEXT NUMBER- MOMENT",null,5,"2026-01-31T12:00:00Z",1]`, `["row TEXT NUMBER- MOMENT","x",5.0,"2026-01-31T12:00:00Z",1]`,
		`["row TEXT NUMBER- MOMENT","x",1e2,"2026-01-31T12:00:00Z",1]`, `["row TEXT NUMBER- MOMENT","x",5,"2026-01-31T12:00:00Z",1.5]`,
		`["row TEXT NUMBER- MOMENT","x",5,"noon",1]`, `["row TEXT NUMBER- MOMENT","x",5,1,1]`, `["row TEXT","x",1]`, `["row TEXT NUMBER- MOMENT"]`,
		`["row SEEN",null,1]`, `["row SEEN","2026-01-31T12:00:00Z",1]`, `["row SEEN",0,1]`,
		"[\"row TEXT NUMBER- MOMENT\",\"\xff\",5,\"2026-01-31T12:00:00Z\",1]", `[[[[[[`, `["` + strings.Repeat("x", 20_000) + `"]`,
	} {
		f.Add(text, true)
		f.Add(text, false)
	}
	l := newList(f, []*row{{id: 1, text: "x", n: 5}, {id: 2}})
	o := order(byText, byNumber.Descending(), byMoment)
	ifAny := order(bySeen)
	f.Fuzz(func(t *testing.T, text string, encode bool) {
		if encode {
			text = cursorOf(t, text)
		}
		for _, args := range []page.Args{{After: &text}, {Last: new(3), Before: &text}} {
			for _, o := range []page.Order[*row]{o, ifAny} {
				plan, err := page.NewPlan(args, o)
				if err != nil {
					if fault.CodeOf(err) != fault.BadUserInput {
						t.Errorf("%q: %v", text, err)
					}
					continue
				}
				if _, err := plan.Run(t.Context(), page.Fields{"nodes": nil, "pageInfo": nil}, l.load, noCount); err != nil {
					t.Errorf("%q: %v", text, err)
				}
			}
		}
	})
}
