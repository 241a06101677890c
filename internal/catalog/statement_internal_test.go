package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/page"
)

// asViewer is a context in which that viewer asks.
func asViewer(ctx context.Context, viewer auth.Viewer) context.Context {
	return auth.WithAuthorization(ctx, "Bearer x", func(context.Context, string) (auth.Viewer, error) { return viewer, nil })
}

// A statement that is known is the one that would be made, and its arguments are those that it would have.
func TestKnownStatements(t *testing.T) {
	c := New(databasetest.New(t), NewLocalFeed(), time.Now)
	text := map[string]bool{}
	for _, viewer := range []auth.Viewer{{}, {UserID: 7}, {UserID: 8, IsStaff: true}} {
		for _, order := range [][]*ProductOrder{nil, {{Field: ProductByPrice, Direction: page.Descending}, {Field: ProductByName}}} {
			for _, args := range []page.Args{{}, {First: new(3)}, {Last: new(3)}} {
				for _, each := range []bool{false, true} {
					ctx := asViewer(t.Context(), viewer)
					l, err := c.listed(ctx, args, nil, nil, order)
					if err != nil {
						t.Fatal(err)
					}
					of := c.listingOf(t, l, each)
					_, want := c.statement(of)
					known, got := c.statement(of)
					if !slices.Equal(got, want) {
						t.Errorf("%s\nhas the arguments %v, and is asked for with %v", known.text, want, got)
					}
					text[known.text] = true
				}
			}
		}
	}
	if want := 3 * 2 * 3 * 2; len(text) != want || len(c.statements.known) != want {
		t.Errorf("%d statements, of which %d are known; want %d", len(text), len(c.statements.known), want)
	}
}

// listingOf is a page of the list as it is read: by itself, or of two categories each.
func (c *Catalog) listingOf(t *testing.T, l *list, each bool) (of listing) {
	t.Helper()
	selected := page.Fields{"nodes": {"name": {}}, "pageInfo": {"endCursor": {}}}
	if each {
		of = l.each(json.RawMessage(`[1,2]`), selected)
	} else {
		_, err := l.plan.Run(t.Context(), selected, func(_ context.Context, modify func(*sql.Selector)) ([]*ent.Product, error) {
			of = l.page(modify, selected)
			return nil, nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	var ok bool
	if of.shape.columns, ok = c.productTable.of(selected.Rows(), of.columns); !ok || of.args == nil {
		t.Fatalf("%+v is not read directly", of)
	}
	return of
}

// However many shapes clients ask for, few statements are kept.
func TestStatementsAreBounded(t *testing.T) {
	var s statements
	for n := range 10 * maxStatements {
		s.add(shape{by: fmt.Sprint(n)}, &statement{})
		if len(s.known) > maxStatements {
			t.Fatalf("%d statements", len(s.known))
		}
		if s.get(shape{by: fmt.Sprint(n)}) == nil {
			t.Fatal("the newest is not known")
		}
	}
}
