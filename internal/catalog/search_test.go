package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
	"github.com/gatehouse/gatehouse/internal/patch"
)

// bothWays runs a test with the search index, if the program is built with one, and without.
func bothWays(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("by index", func(t *testing.T) { test(t, build(t)) })
	t.Run("by scan", func(t *testing.T) { test(t, build(t, database.WithoutFTS5())) })
}

// article is a product to search for.
type article struct{ name, sku, description string }

// shelve stores articles as the catalogue does, published, with the slugs a, b and so on (p26 after z), and
// answers them.
func (w *world) shelve(t testing.TB, articles ...article) []*ent.Product {
	t.Helper()
	w.write(t, func(tx *ent.Tx) error {
		shelf, err := tx.Category.Create().SetName("Shelf").SetNameKey("shelf").SetSlug("shelf").SetCreatedAt(noon).SetUpdatedAt(noon).Save(t.Context())
		if err != nil {
			return err
		}
		for i, a := range articles {
			slug := string(rune('a' + i))
			if i >= 26 {
				slug = fmt.Sprint("p", i)
			}
			name, sku, description := fold.Canonical(a.name), fold.Canonical(a.sku), fold.Canonical(a.description)
			create := tx.Product.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(slug).
				SetDescription(description).SetDescriptionKey(fold.Text(description)).
				SetPrice(money.Amount(i * 7 % 5 * 100)).SetStock(i % 3).SetCategoryID(shelf.ID).SetCreatedAt(noon).SetUpdatedAt(noon)
			if sku != "" {
				create.SetSku(sku).SetSkuKey(fold.Text(sku))
			}
			if err := create.Exec(t.Context()); err != nil {
				return err
			}
		}
		return nil
	})
	products, err := w.db.Read.Product.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return products
}

// looked are the slugs of what a search finds, in its order.
func (w *world) looked(t testing.TB, viewer auth.Viewer, search string, order ...catalog.ProductOrderField) string {
	t.Helper()
	got, err := w.Products(as(t, viewer), page.Args{First: new(100)}, &search, nil, byProduct(order...), fields("nodes totalCount"))
	if err != nil {
		t.Errorf("searching %q: %v", search, err)
		return ""
	}
	if got.TotalCount != len(got.Nodes) {
		t.Errorf("searching %q: totalCount %d for %d rows", search, got.TotalCount, len(got.Nodes))
	}
	var slugs strings.Builder
	for _, p := range got.Nodes {
		slugs.WriteString(p.Slug)
	}
	return slugs.String()
}

func TestSearch(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		w.shelve(t,
			article{"Gustaf's Knäckebröd", "KB-1", "24 - 500 g pkgs."},          // a
			article{"Green Tea", "", "From 日本. A cup of CALM, % off"},           // b
			article{`50" \ Disc_o`, "100%", `He said "never" AND left*`},        // c
			article{"İstanbul ŞEKERI", "STRAẞE", "Σίσυφος liked it; NEAR(you)"}, // d
			article{"日本茶 🍵", "", ""},                                            // e
		)
		for _, tt := range []struct{ search, want string }{
			{"KNÄCKE", "a"},
			{"KNA\u0308CKE", "a"},
			{"Knäckebröd", "a"},
			{"ckebrö", "a"},
			{"knacke", ""},
			{"gustaf's", "a"},
			{"GUSTAF’S", ""},
			{"kb-", "a"},
			{"-", "a"},
			{"24 kb bröd", "a"},
			{"24 kb tea", ""},
			{"tea", "b"},
			{"tea TEA tea", "b"},
			{" \t tea\u3000green \n", "b"},
			{"日本", "eb"},
			{"日本茶", "e"},
			{"本", "eb"},
			{"🍵", "e"},
			{"calm", "b"},
			{"%", "cb"},
			{"0%", "c"},
			{"100%", "c"},
			{"_", "c"},
			{"c_o", "c"},
			{"c.o", ""},
			{`\`, "c"},
			{`\%`, ""},
			{`"`, "c"},
			{`"never"`, "c"},
			{`"never" and`, "c"},
			{`""`, ""},
			{`50"`, "c"},
			{"left*", "c"},
			{"lef*", ""},
			{"*", "c"},
			{"AND", "c"},
			{"never AND tea", ""},
			{"tea OR disc", ""},
			{"NOT tea", ""},
			{"tea -cup", ""},
			{"NEAR(you)", "d"},
			{"NEAR(green tea)", ""},
			{"name_key:tea", ""},
			{"^gus", ""},
			{"{tea}", ""},
			{"+tea", ""},
			{"strasse", "d"},
			{"straße", "d"},
			{"ASSE", "d"},
			{"σίσυφοσ", "d"},
			{"ΣΊΣΥΦΟΣ", "d"},
			{"i\u0307stanbul", "d"},
			{"istanbul", ""},
			{"ıstanbul", ""},
			{"şekeri", "d"},
			{"tea\x00", ""},
			{"\x00", ""},
			{"a\x00b tea", ""},
			{"tea;", ""},
			{"'; DROP TABLE products; --", ""},
			{"no such thing", ""},
			{strings.Repeat("x", 200), ""},
		} {
			if got := w.looked(t, auth.Viewer{}, tt.search); got != tt.want {
				t.Errorf("%q finds %q, want %q", tt.search, got, tt.want)
			}
		}
		// Blank is absent: everything, by name.
		for _, blank := range []string{"", " ", "\t\u3000\n", strings.Repeat(" ", 1000)} {
			if got := w.looked(t, auth.Viewer{}, blank); got != "cbade" {
				t.Errorf("%q finds %q, want all", blank, got)
			}
		}
	})
}

func TestSearchesAreLimited(t *testing.T) {
	w := build(t)
	w.shelve(t, article{name: "Tea"})
	for name, search := range map[string]string{
		"eleven words":   "a b c d e f g h i j k",
		"201 characters": strings.Repeat("ä", 201),
		"far too much":   strings.Repeat("ab ", 50_000),
	} {
		for _, selection := range []string{"nodes", "totalCount", ""} {
			_, err := w.Products(anonymous(t), page.Args{}, &search, nil, nil, fields(selection))
			if fault.CodeOf(err) != fault.BadUserInput || !strings.Contains(err.Error(), "`search`") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// Nothing in a search takes the place of its limits: the widest is run, too.
	for _, search := range []string{strings.Repeat("ΐ", 200), strings.Repeat("ﬃ", 200), strings.Repeat(strings.Repeat(`"`, 20)+" ", 10), strings.Repeat("\U0010ffff", 20)} {
		if got := w.looked(t, auth.Viewer{}, search); got != "" {
			t.Errorf("%q finds %q", search, got)
		}
	}
}

// The name comes before the stock keeping unit and that before the description; the beginning of each comes
// before the rest of it. What is alike goes by name, and then by id.
func TestRelevance(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		w.shelve(t,
			article{"z", "z1", "a tea"},       // a: 5
			article{"z", "z2", "Tea, tea"},    // b: 4
			article{"z", "a tea", "tea"},      // c: 3
			article{"z", "TEA", "tea"},        // d: 2
			article{"green tea", "te", "tea"}, // e: 1
			article{"tea", "", ""},            // f: 0
			article{"y tea", "", ""},          // g: 1
			article{"Y TEA", "", ""},          // h: 1
			article{"Tea", "", "tea"},         // i: 0
		)
		for _, tt := range []struct {
			search string
			order  []catalog.ProductOrderField
			want   string
		}{
			{"tea", nil, "fieghdcba"},
			{"tea", byField("RELEVANCE"), "fieghdcba"},
			{"tea", byField("RELEVANCE-"), "abcdhgeif"},
			{"te", nil, "fieghdcba"},
			{"tea", byField("RELEVANCE", "NAME-"), "ifhgedcba"},
			{"tea", byField("NAME"), "efigh" + "abcd"},
			{"tea", byField("NAME-", "RELEVANCE"), "dcba" + "gh" + "fi" + "e"},
			{"tea", byField("RELEVANCE", "NAME"), "fieghdcba"},
			{"tea", byField("RELEVANCE", "RELEVANCE-"), "fieghdcba"},
			// The words' places are added up.
			{"z tea", nil, "dcba"},
			{"green tea", nil, "e"},
			{"y tea", nil, "gh"},
			{"TEA y", byField("RELEVANCE-"), "hg"},
		} {
			if got := w.looked(t, auth.Viewer{}, tt.search, tt.order...); got != tt.want {
				t.Errorf("%q by %s finds %q, want %q", tt.search, tt.order, got, tt.want)
			}
		}
		for _, search := range []*string{nil, new(""), new(" \u3000")} {
			for _, order := range [][]catalog.ProductOrderField{{"RELEVANCE"}, {"NAME", "RELEVANCE-"}} {
				_, err := w.Products(anonymous(t), page.Args{}, search, nil, byProduct(order...), fields("nodes"))
				wantCode(t, err, fault.BadUserInput)
			}
		}
	})
}

func byField(order ...catalog.ProductOrderField) []catalog.ProductOrderField { return order }

// searchOrders are the orders that searches are tried with.
var searchOrders = [][]catalog.ProductOrderField{
	nil, {"RELEVANCE"}, {"RELEVANCE-"}, {"NAME-"}, {"STOCK"}, {"CREATED_AT-"}, {"PRICE", "RELEVANCE"}, {"RELEVANCE", "PRICE-"}, {"RELEVANCE-", "NAME"}, {"PRICE-", "RELEVANCE-"},
}

func slugs(rows []*ent.Product) (slugs []string) {
	for _, p := range rows {
		slugs = append(slugs, p.Slug)
	}
	return slugs
}

// crowd are products that "tea" finds in every place, many of them alike.
func (w *world) crowd(t *testing.T, n int) []*ent.Product {
	t.Helper()
	articles := make([]article, n)
	for i := range articles {
		names := []string{"Tea", "green TEA", "Cocoa", "tea", "Teapot", "Cocoa"}
		skus := []string{"", fmt.Sprint("tea-", i), fmt.Sprint("x-tea-", i), fmt.Sprint("x-", i)}
		articles[i] = article{names[i*5%len(names)], skus[i*3%len(skus)], []string{"tea", "", "Not tea"}[i%3]}
	}
	return w.shelve(t, articles...)
}

// The page-walk law for searches.
func TestSearchWalks(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		products := modelOf(w.crowd(t, 150))
		everything := func(*ent.Product) bool { return true }
		for _, search := range []string{"tea", "TE", "tea green", "c"} {
			for _, order := range searchOrders {
				want := products.search(search, everything, order...)
				if len(want) < 20 || len(want) > 145 {
					t.Fatalf("%q finds %d: that is no good walk", search, len(want))
				}
				for _, size := range []int{1, 7, 100} {
					for _, backward := range []bool{false, true} {
						t.Run(fmt.Sprintf("%s/%s/by %d/%s", search, order, size, pagetest.Direction(backward)), func(t *testing.T) {
							pagetest.Walk(t, func(args page.Args, selected page.Fields) (*catalog.ProductConnection, error) {
								return w.Products(anonymous(t), args, &search, nil, byProduct(order...), selected)
							}, productID, want, size, backward)
						})
					}
				}
			}
		}
	})
}

// A cursor is of one search: its words, however they are typed, and its order.
func TestSearchCursors(t *testing.T) {
	w := build(t)
	w.crowd(t, 60)
	lastOf := func(search *string, order ...catalog.ProductOrderField) *string {
		got, err := w.Products(anonymous(t), page.Args{First: new(5)}, search, nil, byProduct(order...), fields("edges"))
		if err != nil {
			t.Fatal(err)
		}
		return got.PageInfo.EndCursor
	}
	for _, tt := range []struct {
		name    string
		of      *string
		ofOrder []catalog.ProductOrderField
		search  *string
		order   []catalog.ProductOrderField
		good    bool
	}{
		{"the same", new("green tea"), nil, new("green tea"), nil, true},
		{"the same words", new("green tea"), nil, new("  TEA\u3000Green tea"), nil, true},
		{"the same order", new("tea"), nil, new("tea"), byField("RELEVANCE", "NAME"), true},
		{"by name", new("tea"), byField("NAME"), new("TEA"), byField("NAME"), true},
		{"another word", new("tea"), nil, new("te"), nil, false},
		{"another word, by name", new("tea"), byField("NAME"), new("te"), byField("NAME"), false},
		{"more words", new("tea"), nil, new("tea green"), nil, false},
		{"fewer words", new("green tea"), nil, new("tea"), nil, false},
		{"words put together", new("green tea"), nil, new("greentea"), nil, false},
		{"no search", new("tea"), nil, nil, nil, false},
		{"no search, by name", new("tea"), byField("NAME"), nil, byField("NAME"), false},
		{"of no search", nil, byField("NAME"), new("tea"), byField("NAME"), false},
		{"of a blank search", new(" "), byField("NAME"), nil, nil, true},
		{"another order", new("tea"), nil, new("tea"), byField("NAME"), false},
		{"another direction", new("tea"), nil, new("tea"), byField("RELEVANCE-"), false},
	} {
		cursor := lastOf(tt.of, tt.ofOrder...)
		for _, args := range []page.Args{{After: cursor}, {Last: new(5), Before: cursor}} {
			_, err := w.Products(anonymous(t), args, tt.search, nil, byProduct(tt.order...), fields("nodes"))
			if tt.good && err != nil || !tt.good && fault.CodeOf(err) != fault.BadUserInput {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
	}
	// The longest there can be is still one.
	search := strings.Repeat("\U0010ffff", 200)
	name := strings.Repeat(`"`, 200)
	w.offer(t, name, w.shelf(t, "Longest", 0).ID, func(in *catalog.NewProduct) { in.Description = &search })
	if got, err := w.Products(anonymous(t), page.Args{After: lastOf(&search)}, &search, nil, nil, fields("nodes")); err != nil || len(got.Nodes) != 0 {
		t.Errorf("behind the longest cursor: %v, %v", got, err)
	}
}

// What somebody may not see no search finds, not by a word nor by counting, and no order tells of it.
func TestSearchesFindWhatTheViewerSees(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		shelf := w.shelf(t, "Shelf", 0).ID
		secret := func(in *catalog.NewProduct) { in.Description, in.SKU = new("confidential"), new("top-secret") }
		w.offer(t, "Tea a", shelf)
		hidden := w.offer(t, "Tea b", shelf, unpublished, secret)
		for name, viewer := range map[string]auth.Viewer{"anonymous": {}, "bob": w.bob, "ada": w.ada, "staff": w.root} {
			sees := name == "ada" || name == "staff"
			for search, want := range map[string]string{
				"tea":          pick(sees, "tea-a,tea-b", "tea-a"),
				"te":           pick(sees, "tea-a,tea-b", "tea-a"),
				"confidential": pick(sees, "tea-b", ""),
				"top-":         pick(sees, "tea-b", ""),
				"b tea":        pick(sees, "tea-b", ""),
			} {
				got, err := w.Products(as(t, viewer), page.Args{}, &search, nil, nil, fields("nodes totalCount"))
				if err != nil {
					t.Fatal(err)
				}
				if found := strings.Join(slugs(got.Nodes), ","); found != want || got.TotalCount != len(got.Nodes) {
					t.Errorf("%s searches %q: finds %q and counts %d, want %q", name, search, found, got.TotalCount, want)
				}
			}
		}
		if _, err := w.UpdateProduct(as(t, w.ada), hidden.ID, catalog.ProductChanges{IsPublished: patch.Set(true)}, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := w.Products(as(t, w.bob), page.Args{}, new("confidential"), nil, nil, fields("nodes")); err != nil || len(got.Nodes) != 1 {
			t.Errorf("once it is published, bob finds %v, %v", got, err)
		}
	})
}

func pick(choice bool, yes, no string) string {
	if choice {
		return yes
	}
	return no
}

// Searches find what the mutations have written, at once.
func TestSearchesFollowMutations(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		shelf := w.shelf(t, "Shelf", 0).ID
		p := w.offer(t, "Knäckebröd", shelf)
		w.offer(t, "Other", shelf)
		for _, step := range []struct {
			change       catalog.ProductChanges
			finds, loses string
		}{
			{catalog.ProductChanges{Name: patch.Set("Zwieback")}, "ZWIE", "knäcke"},
			{catalog.ProductChanges{SKU: patch.Set("ZB-77")}, "zb-7", "knäcke"},
			{catalog.ProductChanges{Description: patch.Set("Twice baked")}, "BAKED", "knäcke"},
			{catalog.ProductChanges{Description: patch.Null[string]()}, "zwie", "baked"},
			{catalog.ProductChanges{SKU: patch.Null[string]()}, "zwie", "zb-7"},
			{catalog.ProductChanges{SKU: patch.Set(""), Name: patch.Set("Never")}, "zwie", "never"}, // refused
		} {
			_, _ = w.UpdateProduct(as(t, w.ada), p.ID, step.change, nil)
			if got := w.looked(t, auth.Viewer{}, step.finds); got != "knackebrod" {
				t.Errorf("%q finds %q", step.finds, got)
			}
			if got := w.looked(t, auth.Viewer{}, step.loses); got != "" {
				t.Errorf("%q still finds %q", step.loses, got)
			}
		}
		if _, err := w.DeleteProduct(as(t, w.ada), p.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.looked(t, auth.Viewer{}, "zwie"); got != "" {
			t.Errorf("%q is found after it was deleted", got)
		}
	})
}

// A search costs one more SELECT than the same list without: whether the index is up to date.
func TestSelectsOfSearches(t *testing.T) {
	bothWays(t, func(t *testing.T, w *world) {
		w.crowd(t, 120)
		for _, size := range []int{1, 20, 100} {
			w.ran.take()
			_, err := w.Products(anonymous(t), page.Args{First: &size}, new("tea"), nil, nil, fields("nodes{category} totalCount"))
			if err != nil {
				t.Fatal(err)
			}
			if got := w.ran.selects(); len(got) > 4 {
				t.Errorf("%d SELECTs:\n%s", len(got), strings.Join(got, "\n"))
			}
		}
	})
}

// BenchmarkSearch searches 100,000 products, and tells how.
func BenchmarkSearch(b *testing.B) {
	for way, opts := range map[string][]database.Option{"by index": nil, "by scan": {database.WithoutFTS5()}} {
		c, ran, raw := warehouse(b, 100_000, opts...)
		for _, search := range []string{"zuki", "zu", "zukima", "zuki fano", "sku-0777", "a"} {
			for _, selection := range []string{"nodes", "totalCount"} {
				b.Run(fmt.Sprintf("%s/%s/%s", way, search, selection), func(b *testing.B) {
					var got *catalog.ProductConnection
					for b.Loop() {
						var err error
						if got, err = c.Products(anonymous(b), page.Args{}, &search, nil, nil, fields(selection)); err != nil {
							b.Fatal(err)
						}
					}
					queries := ran.selects()
					b.Logf("%d rows, %d counted\n%s", len(got.Nodes), got.TotalCount, explain(b, raw, queries[len(queries)-1]))
				})
			}
		}
	}
}
