package catalog_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
)

type (
	where    = catalog.ProductWhere
	text     = filter.StringFilter
	decimals = filter.DecimalRange
	ints     = filter.IntRange
	moments  = filter.DateTimeRange
)

// assortment fills a world with a few products to filter, told apart by their one-letter slugs: a and b are
// ada's, c and d bob's, the rest the shop's own; b and d are unpublished. The lower shelf is below the upper one. It
// answers their ids by slug.
func (w *world) assortment(t testing.TB) map[string]int64 {
	t.Helper()
	ids := make(map[string]int64)
	w.write(t, func(tx *ent.Tx) error {
		for _, slug := range []string{"upper", "lower"} {
			create := tx.Category.Create().SetName(slug).SetNameKey(slug).SetSlug(slug).SetCreatedAt(noon).SetUpdatedAt(noon)
			if slug == "lower" {
				create.SetParentID(ids["upper"])
			}
			row, err := create.Save(t.Context())
			if err != nil {
				return err
			}
			ids[slug] = row.ID
		}
		start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
		for i, p := range []struct {
			slug, name, sku string
			price           money.Amount
			stock           int
			shelf           string
		}{
			{"a", "Alpha 100%", "AB_1", 0, 0, "upper"},
			{"b", "Beta_two", "ab%2", 1, 1, "upper"},
			{"c", `Gamma\three`, `ab\3`, 99, 2, "upper"},
			{"d", `Delta "four"`, "", 100, 0, "lower"},
			{"e", "Ärger", "", 101, 5, "lower"},
			{"f", "STRASSE", "STRAẞE-1", 1800, 5, "lower"},
			{"g", "alpha 1000", "", money.Max, 1 << 30, "lower"},
		} {
			create := tx.Product.Create().SetName(p.name).SetNameKey(fold.Text(p.name)).SetSlug(p.slug).
				SetPrice(p.price).SetStock(p.stock).SetCategoryID(ids[p.shelf]).SetIsPublished(p.slug != "b" && p.slug != "d").
				SetCreatedAt(start.Add(time.Duration(i) * time.Millisecond)).SetUpdatedAt(start.Add(time.Duration(i) * time.Hour))
			if p.sku != "" {
				create.SetSku(p.sku).SetSkuKey(fold.Text(p.sku))
			}
			switch p.slug {
			case "a", "b":
				create.SetOwnerID(w.ada.UserID)
			case "c", "d":
				create.SetOwnerID(w.bob.UserID)
			}
			row, err := create.Save(t.Context())
			if err != nil {
				return err
			}
			ids[p.slug] = row.ID
		}
		return nil
	})
	return ids
}

// found are the slugs of the products for which the filter holds, in alphabetical order.
func (w *world) found(t testing.TB, viewer auth.Viewer, filter *where) string {
	t.Helper()
	got, err := w.Products(as(t, viewer), page.Args{First: new(100)}, nil, filter, nil, fields("nodes totalCount"))
	if err != nil {
		t.Errorf("%v", err)
		return ""
	}
	var slugs []string
	for _, p := range got.Nodes {
		slugs = append(slugs, p.Slug)
	}
	if got.TotalCount != len(slugs) {
		t.Errorf("totalCount %d for %d rows", got.TotalCount, len(slugs))
	}
	slices.Sort(slugs)
	return strings.Join(slugs, "")
}

func TestProductWhere(t *testing.T) {
	w := build(t)
	ids := w.assortment(t)
	d := func(s string) *money.Decimal { return new(decimal(t, s)) }
	at := func(s string) *time.Time {
		moment, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return &moment
	}
	const all = "abcdefg"
	for _, tt := range []struct {
		name   string
		filter *where
		want   string // as staff sees it
	}{
		{"none", nil, all},
		{"an empty one", &where{}, all},

		{"ids", &where{IDs: []int64{ids["a"], ids["g"], ids["g"], 0, -1, ids["upper"], 1 << 62}}, "ag"},
		{"no ids", &where{IDs: []int64{}}, ""},
		{"not no ids", &where{Not: &where{IDs: []int64{}}}, all},

		{"category", &where{Category: new(ids["upper"])}, "abc"},
		{"a category that is none", &where{Category: new(ids["a"])}, ""},
		{"not a category that is none", &where{Not: &where{Category: new(int64(0))}}, all},
		{"category slug", &where{CategorySlug: new("lower")}, "defg"},
		{"category slug in capitals", &where{CategorySlug: new("LOWER")}, ""},
		{"category slug that is none", &where{CategorySlug: new("nowhere")}, ""},
		{"not a category slug", &where{Not: &where{CategorySlug: new("lower")}}, "abc"},
		{"not a category slug that is none", &where{Not: &where{CategorySlug: new("nowhere")}}, all},
		{"category and slug disagree", &where{Category: new(ids["upper"]), CategorySlug: new("lower")}, ""},

		{"name with no condition", &where{Name: &text{}}, all},
		{"name eq", &where{Name: &text{Eq: new("STRASSE")}}, "f"},
		{"name eq in another case", &where{Name: &text{Eq: new("strasse")}}, ""},
		{"name eq, decomposed", &where{Name: &text{Eq: new("A\u0308rger")}}, "e"},
		{"name eq empty", &where{Name: &text{Eq: new("")}}, ""},
		{"name eq with wildcards", &where{Name: &text{Eq: new("%")}}, ""},
		{"name in", &where{Name: &text{In: []string{"Ärger", "strasse", "Beta_two"}}}, "be"},
		{"name in nothing", &where{Name: &text{In: []string{}}}, ""},
		{"name not in nothing", &where{Not: &where{Name: &text{In: []string{}}}}, all},
		{"name contains", &where{Name: &text{Contains: new("ALPHA")}}, "ag"},
		{"name contains, beyond ASCII", &where{Name: &text{Contains: new("äRG")}}, "e"},
		{"name contains, decomposed", &where{Name: &text{Contains: new("a\u0308r")}}, "e"},
		{"name contains sharp s", &where{Name: &text{Contains: new("aße")}}, "f"},
		{"name contains nothing", &where{Name: &text{Contains: new("")}}, all},
		{"name contains a blank", &where{Name: &text{Contains: new(" ")}}, "adg"},
		{"name contains %", &where{Name: &text{Contains: new("%")}}, "a"},
		{"name contains 0%", &where{Name: &text{Contains: new("0%")}}, "a"},
		{"name contains _", &where{Name: &text{Contains: new("_")}}, "b"},
		{"name contains a_t", &where{Name: &text{Contains: new("a_t")}}, "b"},
		{`name contains \`, &where{Name: &text{Contains: new(`\`)}}, "c"},
		{`name contains \t`, &where{Name: &text{Contains: new(`\t`)}}, "c"},
		{`name contains \%`, &where{Name: &text{Contains: new(`\%`)}}, ""},
		{`name contains "`, &where{Name: &text{Contains: new(`"FOUR`)}}, "d"},
		{"name contains '", &where{Name: &text{Contains: new(`'; --`)}}, ""},
		{"name contains NUL", &where{Name: &text{Contains: new("\x00")}}, ""},
		{"name contains NUL at the end", &where{Name: &text{Contains: new("a\x00")}}, ""},
		{"not contains NUL", &where{Not: &where{Name: &text{Contains: new("a\x00b")}}}, all},
		{"name starts with", &where{Name: &text{StartsWith: new("ALPHA 100")}}, "ag"},
		{"name starts with %", &where{Name: &text{StartsWith: new("%")}}, ""},
		{"name starts with, beyond ASCII", &where{Name: &text{StartsWith: new("ä")}}, "e"},
		{"name starts with NUL", &where{Name: &text{StartsWith: new("\x00")}}, ""},
		{"name, all of it", &where{Name: &text{Eq: new("Alpha 100%"), In: []string{"x", "Alpha 100%"}, Contains: new("PHA"), StartsWith: new("al")}}, "a"},
		{"name, one against", &where{Name: &text{Eq: new("Alpha 100%"), StartsWith: new("b")}}, ""},

		// A product without a stock keeping unit matches no condition on it, and so every negation of one.
		{"sku with no condition", &where{SKU: &text{}}, "abcf"},
		{"sku eq", &where{SKU: &text{Eq: new("AB_1")}}, "a"},
		{"sku eq in another case", &where{SKU: &text{Eq: new("ab_1")}}, ""},
		{"not sku eq", &where{Not: &where{SKU: &text{Eq: new("AB_1")}}}, "bcdefg"},
		{"not not sku eq", &where{Not: &where{Not: &where{SKU: &text{Eq: new("AB_1")}}}}, "a"},
		{"not sku contains", &where{Not: &where{SKU: &text{Contains: new("ab")}}}, "defg"},
		{"sku contains nothing", &where{SKU: &text{Contains: new("")}}, "abcf"},
		{"sku starts with", &where{SKU: &text{StartsWith: new("straSSe")}}, "f"},
		{"sku not in nothing", &where{Not: &where{SKU: &text{In: []string{}}}}, all},
		{"sku or its negation", &where{Or: []*where{{SKU: &text{Eq: new("AB_1")}}, {Not: &where{SKU: &text{Eq: new("AB_1")}}}}}, all},

		{"price with no bound", &where{Price: &decimals{}}, all},
		{"price eq", &where{Price: &decimals{Eq: d("18")}}, "f"},
		{"price eq, more places", &where{Price: &decimals{Eq: d("18.0000")}}, "f"},
		{"price eq between amounts", &where{Price: &decimals{Eq: d("18.001")}}, ""},
		{"not price eq between amounts", &where{Not: &where{Price: &decimals{Eq: d("0.005")}}}, all},
		{"price eq -0", &where{Price: &decimals{Eq: d("-0")}}, "a"},
		{"price gte", &where{Price: &decimals{Gte: d("1.00")}}, "defg"},
		{"price gt", &where{Price: &decimals{Gt: d("1.00")}}, "efg"},
		{"price lte", &where{Price: &decimals{Lte: d("1.00")}}, "abcd"},
		{"price lt", &where{Price: &decimals{Lt: d("1.00")}}, "abc"},
		{"price gte between", &where{Price: &decimals{Gte: d("0.999")}}, "defg"},
		{"price gt between", &where{Price: &decimals{Gt: d("0.999")}}, "defg"},
		{"price lte between", &where{Price: &decimals{Lte: d("1.001")}}, "abcd"},
		{"price lt between", &where{Price: &decimals{Lt: d("1.001")}}, "abcd"},
		{"price gt, a little under zero", &where{Price: &decimals{Gt: d("-0.001")}}, all},
		{"price gte, a little under zero", &where{Price: &decimals{Gte: d("-0.001")}}, all},
		{"price lt, a little under zero", &where{Price: &decimals{Lt: d("-0.001")}}, ""},
		{"price lte, a little under zero", &where{Price: &decimals{Lte: d("-0.001")}}, ""},
		{"price gte negative", &where{Price: &decimals{Gte: d("-5")}}, all},
		{"price lt negative", &where{Price: &decimals{Lt: d("-5")}}, ""},
		{"price eq negative", &where{Price: &decimals{Eq: d("-0.01")}}, ""},
		{"price lte, the most", &where{Price: &decimals{Lte: d("99999999.99")}}, all},
		{"price lt, the most", &where{Price: &decimals{Lt: d("99999999.99")}}, "abcdef"},
		{"price gt, the most", &where{Price: &decimals{Gt: d("99999999.99")}}, ""},
		{"price gt, a little less than the most", &where{Price: &decimals{Gt: d("99999999.9899")}}, "g"},
		{"price lte huge", &where{Price: &decimals{Lte: d("99999999999999999999")}}, all},
		{"price lt huge", &where{Price: &decimals{Lt: d("99999999999999999999")}}, all},
		{"price gte huge", &where{Price: &decimals{Gte: d("99999999999999999999")}}, ""},
		{"price eq huge", &where{Price: &decimals{Eq: d("99999999999999999999")}}, ""},
		{"price gt hugely negative", &where{Price: &decimals{Gt: d("-9999999999999999999")}}, all},
		{"price within", &where{Price: &decimals{Gte: d("0.01"), Lt: d("1.01")}}, "bcd"},
		{"price crossed", &where{Price: &decimals{Gte: d("2"), Lte: d("1")}}, ""},

		{"stock with no bound", &where{Stock: &ints{}}, all},
		{"stock eq", &where{Stock: &ints{Eq: new(5)}}, "ef"},
		{"stock gt", &where{Stock: &ints{Gt: new(1)}}, "cefg"},
		{"stock gte", &where{Stock: &ints{Gte: new(1)}}, "bcefg"},
		{"stock lt", &where{Stock: &ints{Lt: new(1)}}, "ad"},
		{"stock lte", &where{Stock: &ints{Lte: new(1)}}, "abd"},
		{"stock negative", &where{Stock: &ints{Gte: new(-1 << 31)}}, all},
		{"stock within", &where{Stock: &ints{Gt: new(0), Lte: new(2)}}, "bc"},

		{"in stock", &where{InStock: new(true)}, "bcefg"},
		{"not in stock", &where{InStock: new(false)}, "ad"},
		{"published", &where{IsPublished: new(true)}, "acefg"},
		{"unpublished", &where{IsPublished: new(false)}, "bd"},
		{"mine", &where{Mine: new(true)}, ""},
		{"not mine", &where{Mine: new(false)}, all},

		{"created with no bound", &where{CreatedAt: &moments{}}, all},
		{"created at or after", &where{CreatedAt: &moments{Gte: at("2026-01-31T12:00:00.003Z")}}, "defg"},
		{"created after", &where{CreatedAt: &moments{Gt: at("2026-01-31T12:00:00.003Z")}}, "efg"},
		{"created at or before", &where{CreatedAt: &moments{Lte: at("2026-01-31T12:00:00.003Z")}}, "abcd"},
		{"created before", &where{CreatedAt: &moments{Lt: at("2026-01-31T12:00:00.003Z")}}, "abc"},
		{"created after, sub-millisecond", &where{CreatedAt: &moments{Gt: at("2026-01-31T12:00:00.0029999Z")}}, "defg"},
		{"created at or before, sub-millisecond", &where{CreatedAt: &moments{Lte: at("2026-01-31T12:00:00.0030001Z")}}, "abcd"},
		{"created at or after, on the second", &where{CreatedAt: &moments{Gte: at("2026-01-31T12:00:00Z")}}, all},
		{"created after, on the second", &where{CreatedAt: &moments{Gt: at("2026-01-31T12:00:00Z")}}, "bcdefg"},
		{"created before, nanoseconds", &where{CreatedAt: &moments{Lt: at("2026-01-31T12:00:00.000000001Z")}}, "a"},
		{"created, with an offset", &where{CreatedAt: &moments{Gte: at("2026-01-31T17:30:00.003+05:30")}}, "defg"},
		{"created, with an offset over midnight", &where{CreatedAt: &moments{Lt: at("2026-02-01T00:00:00.001+12:00")}}, "a"},
		{"created, west", &where{CreatedAt: &moments{Lte: at("2026-01-31T04:00:00.001-08:00")}}, "ab"},
		{"created, long ago", &where{CreatedAt: &moments{Gte: at("0001-01-01T00:00:00Z")}}, all},
		{"created, far ahead", &where{CreatedAt: &moments{Lte: at("9999-12-31T23:59:59Z")}}, all},
		{"updated within", &where{UpdatedAt: &moments{Gt: at("2026-01-31T12:00:00Z"), Lte: at("2026-01-31T15:00:00Z")}}, "bcd"},

		{"and nothing", &where{And: []*where{}}, all},
		{"or nothing", &where{Or: []*where{}}, ""},
		{"not or nothing", &where{Not: &where{Or: []*where{}}}, all},
		{"not an empty one", &where{Not: &where{}}, ""},
		{"or an empty one", &where{Or: []*where{{Stock: &ints{Eq: new(5)}}, {}}}, all},
		{"and an empty one", &where{And: []*where{{Stock: &ints{Eq: new(5)}}, {}}}, "ef"},
		{"and", &where{And: []*where{{Stock: &ints{Eq: new(5)}}, {Price: &decimals{Lt: d("2")}}}}, "e"},
		{"or", &where{Or: []*where{{Stock: &ints{Eq: new(5)}}, {Price: &decimals{Eq: d("0")}}}}, "aef"},
		{"and, or, not and a field together", &where{
			InStock: new(true),
			And:     []*where{{Price: &decimals{Gt: d("0")}}},
			Or:      []*where{{Category: new(ids["upper"])}, {Stock: &ints{Eq: new(5)}}},
			Not:     &where{SKU: &text{StartsWith: new("ab%")}},
		}, "cef"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := w.found(t, w.root, tt.filter); got != tt.want {
				t.Errorf("found %q, want %q", got, tt.want)
			}
		})
	}
}

// What mine means depends on who asks, and no filter shows what the viewer may not see.
func TestWhereForViewers(t *testing.T) {
	w := build(t)
	w.assortment(t)
	for _, tt := range []struct {
		name                string
		filter              *where
		anonymous, ada, bob string
	}{
		{"none", nil, "acefg", "abcefg", "acdefg"},
		{"mine", &where{Mine: new(true)}, "", "ab", "cd"},
		{"not mine", &where{Mine: new(false)}, "acefg", "cefg", "aefg"},
		{"negated mine", &where{Not: &where{Mine: new(true)}}, "acefg", "cefg", "aefg"},
		{"negated not mine", &where{Not: &where{Mine: new(false)}}, "", "ab", "cd"},
		{"unpublished", &where{IsPublished: new(false)}, "", "b", "d"},
		{"negated published", &where{Not: &where{IsPublished: new(true)}}, "", "b", "d"},
		{"unpublished or anything", &where{Or: []*where{{IsPublished: new(false)}, {}}}, "acefg", "abcefg", "acdefg"},
		{"by name", &where{Name: &text{Contains: new("beta")}}, "", "b", ""},
		{"mine and unpublished", &where{Mine: new(true), IsPublished: new(false)}, "", "b", "d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := [3]string{w.found(t, auth.Viewer{}, tt.filter), w.found(t, w.ada, tt.filter), w.found(t, w.bob, tt.filter)}
			if want := [3]string{tt.anonymous, tt.ada, tt.bob}; got != want {
				t.Errorf("found %q, want %q", got, want)
			}
		})
	}
}

func TestCategoryWhere(t *testing.T) {
	w := build(t)
	ids := make(map[string]int64)
	for _, c := range []struct{ slug, name, above string }{
		{"a", "Alpha 100%", ""}, {"b", "Beta_two", ""}, {"ab", "Ärger", "a"}, {"ac", "alpha 1000", "a"}, {"abd", `Gamma\three`, "ab"},
	} {
		in := catalog.NewCategory{Name: c.name, Slug: &c.slug}
		if c.above != "" {
			in.Parent = new(ids[c.above])
		}
		row, err := w.CreateCategory(as(t, w.root), in, nil)
		if err != nil {
			t.Fatal(err)
		}
		ids[c.slug] = row.ID
	}
	type where = catalog.CategoryWhere
	const all = "a ab abd ac b"
	for _, tt := range []struct {
		name   string
		filter *where
		want   string
	}{
		{"none", nil, all},
		{"ids", &where{IDs: []int64{ids["b"], ids["abd"], 7}}, "abd b"},
		{"no ids", &where{IDs: []int64{}}, ""},
		{"name contains", &where{Name: &text{Contains: new("ALPHA 100")}}, "a ac"},
		{"name contains %", &where{Name: &text{Contains: new("%")}}, "a"},
		{"name eq, decomposed", &where{Name: &text{Eq: new("A\u0308rger")}}, "ab"},
		{"slug eq", &where{Slug: &text{Eq: new("ab")}}, "ab"},
		{"slug in", &where{Slug: &text{In: []string{"ab", "b", "AC"}}}, "ab b"},
		{"slug starts with, case ignored", &where{Slug: &text{StartsWith: new("AB")}}, "ab abd"},
		{"slug contains, case ignored", &where{Slug: &text{Contains: new("B")}}, "ab abd b"},
		{"roots", &where{IsRoot: new(true)}, "a b"},
		{"no roots", &where{IsRoot: new(false)}, "ab abd ac"},
		{"not roots", &where{Not: &where{IsRoot: new(true)}}, "ab abd ac"},
		{"below", &where{Parent: new(ids["a"])}, "ab ac"},
		{"below nothing", &where{Parent: new(int64(0))}, ""},
		// A root is below nothing, and so not below a: its parent is null, and null must not spread.
		{"not below", &where{Not: &where{Parent: new(ids["a"])}}, "a abd b"},
		{"not not below", &where{Not: &where{Not: &where{Parent: new(ids["a"])}}}, "ab ac"},
		{"below or root", &where{Or: []*where{{Parent: new(ids["ab"])}, {IsRoot: new(true)}}}, "a abd b"},
		{"below and root", &where{And: []*where{{Parent: new(ids["a"])}, {IsRoot: new(true)}}}, ""},
		{"or nothing", &where{Or: []*where{}}, ""},
		{"and nothing", &where{And: []*where{}}, all},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := w.Categories(anonymous(t), page.Args{First: new(100)}, tt.filter, nil, fields("nodes totalCount"))
			if err != nil {
				t.Fatal(err)
			}
			var slugs []string
			for _, c := range got.Nodes {
				slugs = append(slugs, c.Slug)
			}
			slices.Sort(slugs)
			if found := strings.Join(slugs, " "); found != tt.want || got.TotalCount != len(slugs) {
				t.Errorf("found %q, totalCount %d; want %q", found, got.TotalCount, tt.want)
			}
		})
	}
}

// nested is a filter with the given number of levels below the first.
func nested(levels int) *where {
	if levels == 0 {
		return &where{InStock: new(true)}
	}
	switch below := nested(levels - 1); levels % 3 {
	case 0:
		return &where{And: []*where{below}}
	case 1:
		return &where{Or: []*where{below}}
	default:
		return &where{Not: below}
	}
}

func TestFilterLimits(t *testing.T) {
	w := build(t)
	w.assortment(t)
	long := strings.Repeat("é", filter.MaxText)
	for _, tt := range []struct {
		name   string
		filter *where
		ok     bool
	}{
		{"100 ids", &where{IDs: make([]int64, 100)}, true},
		{"101 ids", &where{IDs: make([]int64, 101)}, false},
		{"100 texts", &where{Name: &text{In: make([]string, 100)}}, true},
		{"101 texts", &where{Name: &text{In: make([]string, 101)}}, false},
		{"101 texts deep down", &where{Not: &where{Or: []*where{{SKU: &text{In: make([]string, 101)}}}}}, false},
		{"100 and", &where{And: slices.Repeat([]*where{{}}, 100)}, true},
		{"101 and", &where{And: slices.Repeat([]*where{{}}, 101)}, false},
		{"100 or", &where{Or: slices.Repeat([]*where{{InStock: new(true)}}, 100)}, true},
		{"101 or", &where{Or: slices.Repeat([]*where{{}}, 101)}, false},
		{"200 characters", &where{Name: &text{Contains: &long}}, true},
		{"201 characters", &where{Name: &text{Contains: new(long + "e")}}, false},
		{"201 characters to start with", &where{SKU: &text{StartsWith: new(long + "e")}}, false},
		{"200 characters that all mean something to LIKE", &where{Name: &text{Contains: new(strings.Repeat("%", 200))}}, true},
		{"200 characters that grow when folded", &where{Name: &text{Contains: new(strings.Repeat("ΐ", 200))}}, true},
		{"any length to be equal to", &where{Name: &text{Eq: new(strings.Repeat("x", 100_000))}}, true},
		{"8 deep", nested(8), true},
		{"9 deep", nested(9), false},
		{"9 deep, empty at the bottom", &where{And: []*where{{And: []*where{{And: []*where{{And: []*where{{And: []*where{{And: []*where{{And: []*where{{And: []*where{{And: []*where{}}}}}}}}}}}}}}}}}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Products(as(t, w.root), page.Args{}, nil, tt.filter, nil, fields("nodes totalCount"))
			switch {
			case tt.ok && err != nil:
				t.Error(err)
			case !tt.ok:
				wantCode(t, err, fault.BadUserInput)
			}
		})
	}
	for name, filter := range map[string]*catalog.CategoryWhere{
		"101 ids":              {IDs: make([]int64, 101)},
		"101 texts":            {Not: &catalog.CategoryWhere{Slug: &text{In: make([]string, 101)}}},
		"101 or":               {Or: slices.Repeat([]*catalog.CategoryWhere{{}}, 101)},
		"201 characters":       {Slug: &text{StartsWith: new(long + "e")}},
		"1,001 members in all": {Or: slices.Repeat([]*catalog.CategoryWhere{{And: slices.Repeat([]*catalog.CategoryWhere{{}}, 100)}}, 10)},
	} {
		_, err := w.Categories(anonymous(t), page.Args{}, filter, nil, fields("totalCount"))
		if fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("categories, %s: %v; want BAD_USER_INPUT", name, err)
		}
	}
}

// A filter within the limits of each of its lists may still be more than a database takes in one statement,
// or has time for: that is the client's mistake, and no internal error.
func TestFilterSize(t *testing.T) {
	w := build(t)
	w.assortment(t)
	leaf := &where{InStock: new(true)}
	walk := &where{Category: new(int64(1)), IncludeDescendants: new(true)}
	ids := func(n int) *where { return &where{IDs: make([]int64, n)} }
	wide := &where{Or: slices.Repeat([]*where{ids(100)}, 100)}
	// Each level is a chain of 100 that begins with the next one: so SQL's expressions are nested deepest.
	deep := func(leaf *where) *where {
		nested := leaf
		for range filter.MaxDepth {
			nested = &where{And: append([]*where{nested}, slices.Repeat([]*where{leaf}, 99)...)}
		}
		return nested
	}
	for _, tt := range []struct {
		name   string
		filter *where
		ok     bool
	}{
		// Ten members of and, ten conditions, 980 ids.
		{"as large as may be", &where{And: slices.Repeat([]*where{ids(98)}, 10)}, true},
		{"one more", &where{InStock: new(true), And: slices.Repeat([]*where{ids(98)}, 10)}, false},
		{"deep and wide, and empty", deep(&where{}), true},
		{"deep and wide", deep(leaf), false},
		{"walking down the tree as often as may be", &where{Or: slices.Repeat([]*where{walk}, 90)}, true},
		{"once more", &where{Or: slices.Repeat([]*where{walk}, 91)}, false},
		{"standing still as often", &where{Or: slices.Repeat([]*where{{Category: new(int64(1))}}, 100)}, true},
		{"10,000 ids", wide, false},
		{"a million ids", &where{Or: slices.Repeat([]*where{wide}, 100)}, false},
		{"10,000 conditions", &where{And: slices.Repeat([]*where{{And: slices.Repeat([]*where{leaf}, 100)}}, 100)}, false},
		{"10,000 alternatives", &where{Or: slices.Repeat([]*where{{Or: slices.Repeat([]*where{{}}, 100)}}, 100)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Products(as(t, w.root), page.Args{}, nil, tt.filter, nil, fields("nodes totalCount"))
			switch {
			case tt.ok && err != nil:
				t.Error(err)
			case !tt.ok:
				wantCode(t, err, fault.BadUserInput)
			}
		})
	}
}
