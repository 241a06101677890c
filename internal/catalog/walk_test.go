package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

// hardNames are names that sort in ways worth a test: equal, equal but for case or coding, and beyond ASCII.
var hardNames = []string{
	"Apple", "Apple", "apple", "APPLE", "Äpfel", "A\u0308pfel", "äPFEL", "Apfel", "Straße", "STRASSE", "strasse",
	"İstanbul", "istanbul", "Ζεύς", "ΖΕΎΣ", "水", "𝒳", "zebra", "Zebra", "%", "_", `\`, `"`, "<b>", "1", "10", "2", " a-b_c",
}

// hardTimes differ by what a text of a time may leave out: trailing zeros, and the whole fraction.
var hardTimes = []time.Duration{0, 100 * time.Millisecond, 120 * time.Millisecond, 123 * time.Millisecond, time.Second, -time.Millisecond}

// stock fills a world with n products on a few shelves: many share their name, price, stock or time; of some
// the price is zero; some are unpublished, and those are ada's, bob's or the shop's own. A search for apples finds them
// in every place. It answers them all.
func (w *world) stock(t testing.TB, n int) []*ent.Product {
	t.Helper()
	prices := []money.Amount{0, 0, 1, 99, 100, 100, 1800, 1800, money.Max}
	w.write(t, func(tx *ent.Tx) error {
		var shelves []int64
		for i := range 5 {
			name := fmt.Sprintf("Shelf %d", i)
			row, err := tx.Category.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprintf("shelf-%d", i)).
				SetCreatedAt(noon).SetUpdatedAt(noon).Save(t.Context())
			if err != nil {
				return err
			}
			shelves = append(shelves, row.ID)
		}
		start := noon.Truncate(time.Second)
		rows := make([]*ent.ProductCreate, n)
		for i := range rows {
			name := fold.Canonical(strings.TrimSpace(hardNames[i*7%len(hardNames)]))
			rows[i] = tx.Product.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprintf("p%d", i)).
				SetPrice(prices[i*5%len(prices)]).SetStock(i * 3 % 4).SetCategoryID(shelves[i%len(shelves)]).
				SetCreatedAt(start.Add(hardTimes[i%len(hardTimes)])).SetUpdatedAt(start.Add(hardTimes[i*i%len(hardTimes)]))
			if sku := []string{"", "apple-", "", "x-apple-"}[i%4]; sku != "" {
				rows[i].SetSku(fmt.Sprint(sku, i)).SetSkuKey(fmt.Sprint(sku, i))
			}
			if description := []string{"", "An apple a day", "Apple"}[i%3]; description != "" {
				rows[i].SetDescription(description).SetDescriptionKey(fold.Text(description))
			}
			switch i % 6 {
			case 0:
				rows[i].SetOwnerID(w.ada.UserID)
			case 1:
				rows[i].SetOwnerID(w.ada.UserID).SetIsPublished(false)
			case 2:
				rows[i].SetOwnerID(w.bob.UserID).SetIsPublished(false)
			case 3:
				rows[i].SetIsPublished(i%4 == 0) // the shop's own
			}
		}
		return tx.Product.CreateBulk(rows...).Exec(t.Context())
	})
	products, err := w.db.Read.Product.Query().WithCategory().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.ran.take()
	return products
}

// byProduct reads an order: "PRICE", "NAME-" is by price and, where that is the same, by name from Z to A.
func byProduct(fields ...catalog.ProductOrderField) (levels []*catalog.ProductOrder) {
	for _, f := range fields {
		level := &catalog.ProductOrder{Field: f, Direction: page.Ascending}
		if field, descends := strings.CutSuffix(string(f), "-"); descends {
			level = &catalog.ProductOrder{Field: catalog.ProductOrderField(field), Direction: page.Descending}
		}
		levels = append(levels, level)
	}
	return levels
}

// productOrders are the orders that walks are tried with: nil, each field both ways, and several levels.
var productOrders = [][]catalog.ProductOrderField{
	nil,
	{"NAME"},
	{"NAME-"},
	{"PRICE"},
	{"PRICE-"},
	{"STOCK"},
	{"STOCK-"},
	{"CREATED_AT"},
	{"CREATED_AT-"},
	{"UPDATED_AT"},
	{"UPDATED_AT-"},
	{"PRICE", "NAME"},
	{"PRICE-", "NAME"},
	{"PRICE", "NAME-"},
	{"STOCK-", "PRICE-"},
	{"PRICE", "PRICE-"}, // a repeated field says nothing new
	{"STOCK", "CREATED_AT-", "PRICE"},
	{"UPDATED_AT-", "STOCK", "PRICE-", "CREATED_AT", "NAME-"},
}

func (w *world) products(ctx context.Context, where *catalog.ProductWhere, orderBy []*catalog.ProductOrder) pagetest.List[*ent.Product] {
	return func(args page.Args, selected page.Fields) (*catalog.ProductConnection, error) {
		return w.Products(ctx, args, nil, where, orderBy, selected)
	}
}

func productID(p *ent.Product) int64 { return p.ID }

// The page-walk law: for every order, direction and page size, the pages joined are the whole list, once.
func TestProductWalks(t *testing.T) {
	w := build(t)
	all := w.stock(t, 500)
	for who, viewer := range map[string]auth.Viewer{"anonymous": {}, "ada": w.ada, "staff": w.root} {
		visible := sorted(all, func(p *ent.Product) bool { return maySee(viewer, p) }, nil)
		if n := len(visible); n < 200 || who != "staff" && n > 450 {
			t.Fatalf("%s sees %d of %d: these are no good to tell viewers apart", who, n, len(all))
		}
		for _, order := range productOrders {
			levels := byProduct(order...)
			want := sorted(visible, func(*ent.Product) bool { return true }, levels)
			for _, size := range pagetest.Sizes() {
				for _, backward := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/by %d/%s", who, order, size, pagetest.Direction(backward)), func(t *testing.T) {
						t.Parallel()
						pagetest.Walk(t, w.products(as(t, viewer), nil, levels), productID, want, size, backward)
					})
				}
			}
		}
	}
}

// The same law, with where: a filter cuts the list before it is paged.
func TestFilteredWalks(t *testing.T) {
	w := build(t)
	all := w.stock(t, 200)
	where := &catalog.ProductWhere{InStock: new(true), Not: &catalog.ProductWhere{Price: &filter.DecimalRange{Eq: new(decimal(t, "0"))}}}
	keep := func(p *ent.Product) bool { return maySee(w.ada, p) && p.Stock > 0 && p.Price > 0 }
	for _, order := range productOrders {
		levels := byProduct(order...)
		for _, backward := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%s", order, pagetest.Direction(backward)), func(t *testing.T) {
				pagetest.Walk(t, w.products(as(t, w.ada), where, levels), productID, sorted(all, keep, levels), 7, backward)
			})
		}
	}
}

// Page numbers: an offset answers the slice of the list that begins there.
func TestOffsets(t *testing.T) {
	w := build(t)
	all := w.stock(t, 60)
	for _, order := range [][]catalog.ProductOrderField{nil, {"PRICE-"}, {"STOCK", "NAME-"}} {
		levels := byProduct(order...)
		want := sorted(all, func(p *ent.Product) bool { return p.IsPublished }, levels)
		for _, size := range []int{1, 7, 20, 100} {
			for _, offset := range []int{0, 1, 19, len(want) - 1, len(want), len(want) + 1, page.MaxOffset} {
				got, err := w.Products(anonymous(t), page.Args{First: &size, Offset: &offset}, nil, nil, levels, fields("nodes pageInfo totalCount"))
				if err != nil {
					t.Fatal(err)
				}
				from := min(offset, len(want))
				to := min(from+size, len(want))
				if !slices.EqualFunc(got.Nodes, want[from:to], func(a, b *ent.Product) bool { return a.ID == b.ID }) {
					t.Errorf("by %s, first %d from %d: %d rows, not the %d of that slice", order, size, offset, len(got.Nodes), to-from)
				}
				if got.TotalCount != len(want) || got.PageInfo.HasNextPage != (to < len(want)) || got.PageInfo.HasPreviousPage != (offset > 0) {
					t.Errorf("by %s, first %d from %d: totalCount %d, pageInfo %+v", order, size, offset, got.TotalCount, got.PageInfo)
				}
				if len(got.Nodes) == 0 {
					continue
				}
				// A cursor leads on from there.
				next, err := w.Products(anonymous(t), page.Args{First: &size, After: got.PageInfo.EndCursor}, nil, nil, levels, fields("nodes"))
				if err != nil {
					t.Fatal(err)
				}
				if rest := want[to:min(to+size, len(want))]; !slices.EqualFunc(next.Nodes, rest, func(a, b *ent.Product) bool { return a.ID == b.ID }) {
					t.Errorf("by %s, after offset %d: not the rows that follow", order, offset)
				}
			}
		}
	}
}

// Between two cursors lies what lies between their rows, from whichever end it is counted.
func TestBetweenCursors(t *testing.T) {
	w := build(t)
	all := w.stock(t, 40)
	levels := byProduct("PRICE", "NAME-")
	want := sorted(all, func(*ent.Product) bool { return true }, levels)
	whole, err := w.Products(as(t, w.root), page.Args{First: new(100)}, nil, nil, levels, fields("edges"))
	if err != nil {
		t.Fatal(err)
	}
	cursor := func(i int) *string { return &whole.Edges[i].Cursor }
	for _, tt := range []struct {
		name                 string
		args                 page.Args
		from, to             int
		hasPrevious, hasNext bool
	}{
		{"all between", page.Args{First: new(100), After: cursor(4), Before: cursor(14)}, 5, 14, true, true},
		{"the first of them", page.Args{First: new(3), After: cursor(4), Before: cursor(14)}, 5, 8, true, true},
		{"the last of them", page.Args{Last: new(3), After: cursor(4), Before: cursor(14)}, 11, 14, true, true},
		{"all before, from the start", page.Args{First: new(100), Before: cursor(14)}, 0, 14, false, true},
		{"all after, from the end", page.Args{Last: new(100), After: cursor(29)}, 30, 40, true, false},
		{"default size", page.Args{Before: cursor(30)}, 0, 20, false, true},
		{"nothing between", page.Args{First: new(5), After: cursor(4), Before: cursor(5)}, 5, 5, true, true},
		{"crossed", page.Args{First: new(5), After: cursor(9), Before: cursor(3)}, 0, 0, true, true},
		{"behind the last", page.Args{First: new(5), After: cursor(39)}, 40, 40, true, false},
		{"before the first", page.Args{Last: new(5), Before: cursor(0)}, 0, 0, false, true},
		{"none, but is there any?", page.Args{First: new(0)}, 0, 0, false, true},
		{"none from the end", page.Args{Last: new(0)}, 40, 40, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.Products(as(t, w.root), tt.args, nil, nil, levels, fields("nodes pageInfo"))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(got.Nodes, want[tt.from:tt.to], func(a, b *ent.Product) bool { return a.ID == b.ID }) {
				t.Errorf("%d rows, not those from %d to %d", len(got.Nodes), tt.from, tt.to)
			}
			if got.PageInfo.HasPreviousPage != tt.hasPrevious || got.PageInfo.HasNextPage != tt.hasNext {
				t.Errorf("hasPreviousPage %v, hasNextPage %v; want %v, %v",
					got.PageInfo.HasPreviousPage, got.PageInfo.HasNextPage, tt.hasPrevious, tt.hasNext)
			}
			if empty := tt.from == tt.to; (got.PageInfo.StartCursor == nil) != empty || (got.PageInfo.EndCursor == nil) != empty {
				t.Errorf("startCursor %v, endCursor %v", got.PageInfo.StartCursor, got.PageInfo.EndCursor)
			}
		})
	}
}

// A cursor outlives its row, and whoever may no longer see it: the page after it is where it would be.
func TestCursorsOutliveTheirRows(t *testing.T) {
	w := build(t)
	all := w.stock(t, 60)
	for _, order := range productOrders {
		levels := byProduct(order...)
		list := sorted(all, func(p *ent.Product) bool { return maySee(w.ada, p) }, levels)
		got, err := w.Products(as(t, w.ada), page.Args{First: new(10)}, nil, nil, levels, fields("edges"))
		if err != nil {
			t.Fatal(err)
		}
		gone := got.Edges[9]
		w.write(t, func(tx *ent.Tx) error { return tx.Product.DeleteOneID(gone.Node.ID).Exec(t.Context()) })
		after, err := w.Products(as(t, w.ada), page.Args{First: new(5), After: &gone.Cursor}, nil, nil, levels, fields("nodes"))
		if err != nil {
			t.Fatal(err)
		}
		before, err := w.Products(as(t, w.ada), page.Args{Last: new(5), Before: &gone.Cursor}, nil, nil, levels, fields("nodes"))
		if err != nil {
			t.Fatal(err)
		}
		same := func(a, b *ent.Product) bool { return a.ID == b.ID }
		if !slices.EqualFunc(after.Nodes, list[10:15], same) || !slices.EqualFunc(before.Nodes, list[4:9], same) {
			t.Errorf("by %s: a deleted row's cursor leads elsewhere", order)
		}
		all = slices.DeleteFunc(all, func(p *ent.Product) bool { return p.ID == gone.Node.ID })
	}
}

// walk is a list to go through page by page.
type walk struct {
	search *string
	order  []catalog.ProductOrderField
}

func (l walk) String() string {
	if l.search == nil {
		return fmt.Sprint(l.order)
	}
	return fmt.Sprint(*l.search, l.order)
}

// walks are the lists to go through: everything in each order, and what a search finds, by relevance and otherwise.
func walks() (walks []walk) {
	for _, order := range productOrders {
		walks = append(walks, walk{order: order})
	}
	for _, order := range searchOrders {
		walks = append(walks, walk{search: new("APPLE"), order: order})
	}
	return append(walks, walk{search: new("a"), order: byField("RELEVANCE-", "UPDATED_AT")})
}

// While rows come, go and change, a walk meets every row that stays and keeps its sort key, once, in order.
func TestWalksWhileTheListChanges(t *testing.T) {
	for _, list := range walks() {
		for _, backward := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%s", list, pagetest.Direction(backward)), func(t *testing.T) {
				t.Parallel()
				w := build(t)
				all := w.stock(t, 120)
				pages := func(args page.Args, selected page.Fields) (*catalog.ProductConnection, error) {
					return w.Products(as(t, w.root), args, list.search, nil, byProduct(list.order...), selected)
				}
				pagetest.WalkDisturbed(t, pages, productID, 7, backward,
					func(step int, seen []int64) { w.disturb(t, step, all, seen) },
					func() []*ent.Product {
						settled := w.settled(t, all, list, func(*ent.Product) bool { return true })
						if len(settled) < 30 {
							t.Errorf("only %d rows are settled", len(settled))
						}
						return settled
					})
			})
		}
	}
}

// disturb makes three products and deletes one or two: the last one of the page just seen, and one wherever it stands. And it
// changes one thing about one, another thing in each step: for most orders that is not its sort key.
func (w *world) disturb(t *testing.T, step int, all []*ent.Product, seen []int64) {
	t.Helper()
	w.write(t, func(tx *ent.Tx) error {
		for _, name := range []string{"Apple", "zz", "!"} {
			if err := tx.Product.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprintf("new-%d-%s", step, name)).
				SetPrice(money.Amount(step * 100 % 300)).SetStock(step % 4).SetCategoryID(all[0].CategoryID).
				SetCreatedAt(all[step%len(all)].CreatedAt).SetUpdatedAt(all[step%len(all)].UpdatedAt).Exec(t.Context()); err != nil {
				return err
			}
		}
		change := tx.Product.Update().Where(product.ID(all[(step*31+5)%len(all)].ID))
		switch step % 7 {
		case 0:
			change.SetPrice(50)
		case 1:
			change.SetName("The apple").SetNameKey("the apple")
		case 2:
			change.SetStock(9)
		case 3:
			change.SetUpdatedAt(noon.Add(time.Hour))
		case 4: // less relevant, or found no more
			change.ClearSku().ClearSkuKey()
		case 5:
			change.SetDescription("").SetDescriptionKey("")
		case 6: // nothing that anything is sorted by
			change.SetIsPublished(false).AddVersion(1)
		}
		if err := change.Exec(t.Context()); err != nil {
			return err
		}
		leaving := seen[len(seen)-1:]
		if step%2 == 0 {
			leaving = append(leaving, all[(step*13+11)%len(all)].ID)
		}
		_, err := tx.Product.Delete().Where(product.IDIn(leaving...)).Exec(t.Context())
		return err
	})
}

// settled are the products of a list that there were before, are still in it, and have kept their sort key.
func (w *world) settled(t testing.TB, before []*ent.Product, list walk, keep func(*ent.Product) bool) (settled []*ent.Product) {
	t.Helper()
	words, order := wordsOf(list.search), byProduct(list.order...)
	after := make(map[int64]ranked)
	for _, row := range modelOf(w.snapshot(t)).listed(words, keep, order) {
		after[row.ID] = row
	}
	for _, row := range modelOf(before).listed(words, keep, order) {
		if now, there := after[row.ID]; there && compare(levelsOf(order, words), row, now) == 0 {
			settled = append(settled, row.Product)
		}
	}
	return settled
}

// snapshot are all products as they are now.
func (w *world) snapshot(t testing.TB) []*ent.Product {
	t.Helper()
	rows, err := w.db.Read.Product.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
