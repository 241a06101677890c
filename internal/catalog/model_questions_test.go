package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/money"
)

// question is which products somebody asks for, and in which order.
type question struct {
	viewer auth.Viewer
	search *string
	where  *where
	order  []*catalog.ProductOrder

	shelf int64 // only of this category; 0 for all
	deep  bool  // and of those below it
}

func (q question) String() string {
	return fmt.Sprintf("viewer %d (staff %v) searches %s where %s by %s, in %d (deep %v)",
		q.viewer.UserID, q.viewer.IsStaff, describe(q.search), describe(q.where), describe(q.order), q.shelf, q.deep)
}

// list names the list that is asked for as far as cursors tell: its words and its order.
func (q question) list() string {
	words := wordsOf(q.search)
	return fmt.Sprintf("%q %v", words, levelsOf(q.order, words))
}

// refused says whether there is no answer but BAD_USER_INPUT, whatever page is asked for.
func (q question) refused() bool {
	words := wordsOf(q.search)
	byRelevance := slices.ContainsFunc(q.order, func(l *catalog.ProductOrder) bool { return l.Field == catalog.ProductByRelevance })
	return tooMuch(q.search) || byRelevance && len(words) == 0 || aimless(q.where)
}

// list is the whole list that is asked for, and its order.
func (m *model) list(q question) (rows []*ent.Product, order func(a, b *ent.Product) int) {
	words := wordsOf(q.search)
	levels := levelsOf(q.order, words)
	with := func(p *ent.Product) ranked {
		rank, _ := m.rank(p, words)
		return ranked{p, m.texts[p.ID][0], rank}
	}
	rows = products(m.listed(words, func(p *ent.Product) bool {
		there := q.shelf == 0 || p.CategoryID == q.shelf || q.deep && m.under(p.CategoryID, q.shelf)
		return there && maySee(q.viewer, p) && m.holds(q.where, q.viewer, p)
	}, q.order))
	return rows, func(a, b *ent.Product) int { return compare(levels, with(a), with(b)) }
}

// asker draws questions to an emporium. They are about one product there is, mostly, so that there is something to answer.
type asker struct {
	*rapid.T
	*emporium
	about *ent.Product
	left  *int // how many more filters there may be within others: all together have their limit
}

func askerOf(t *rapid.T, e *emporium) asker {
	a := asker{T: t, emporium: e, left: new(60)}
	a.about = nth(a, "about", e.rows)
	return a
}

// one is one of these.
func one[T any](a asker, name string, of ...T) T { return rapid.SampledFrom(of).Draw(a.T, name) }

// chance is true once in n times.
func (a asker) chance(name string, n int) bool { return rapid.IntRange(1, n).Draw(a.T, name) == n }

// nth is one of these, of which only the number is told.
func nth[T any](a asker, name string, of []T) T {
	return of[rapid.IntRange(0, len(of)-1).Draw(a.T, name)]
}

// product is the one in question, or any other.
func (a asker) product() *ent.Product {
	if a.chance("another", 5) {
		return nth(a, "product", a.rows)
	}
	return a.about
}

func (a asker) viewer() auth.Viewer { return one(a, "viewer", a.viewers...) }

// shelf is the category of a product or one above it, or any other, or none.
func (a asker) shelf() *ent.Category {
	switch one(a, "shelf", "its", "above", "any", "its", "above", "any", "none") {
	case "any":
		return nth(a, "shelf", a.tree)
	case "none":
		return &ent.Category{ID: one(a, "id", 0, -1, 1<<62, a.rows[0].ID), Slug: one(a, "slug", "nowhere", "A-0", "")}
	case "above":
		if top := a.shelves[a.product().CategoryID].ParentID; top != nil {
			return a.shelves[*top]
		}
	}
	return a.shelves[a.product().CategoryID]
}

func (a asker) question() question {
	q := question{viewer: a.viewer()}
	if a.chance("search?", 2) {
		q.search = new(a.search())
	}
	if !a.chance("any", 5) {
		q.where = a.filter(q.viewer, rapid.IntRange(0, 3).Draw(a.T, "depth"))
	}
	q.order = a.order(len(wordsOf(q.search)) > 0)
	return q
}

// followUp is a question after which most cursors of answers to the first one are still good.
func (a asker) followUp(q question) question {
	switch one(a, "follow up", "same", "viewer", "where", "same", "same", "same", "typed", "same", "viewer", "order", "search") {
	case "viewer":
		q.viewer = a.viewer()
	case "where":
		q.where = a.filter(q.viewer, 1)
	case "typed":
		if q.search != nil {
			q.search = new(" " + strings.ToUpper(*q.search) + "\u3000")
		}
	case "order":
		q.order = a.order(len(wordsOf(q.search)) > 0)
	case "search":
		q.search = new(a.search())
	}
	return q
}

func (a asker) order(searching bool) []*catalog.ProductOrder {
	fields := []catalog.ProductOrderField{"NAME", "PRICE", "STOCK", "CREATED_AT", "UPDATED_AT"}
	if searching || a.chance("relevance", 50) {
		fields = append(fields, "RELEVANCE", "RELEVANCE")
	}
	var order []catalog.ProductOrderField
	for range one(a, "levels", 1, 0, 2, 3, 6) {
		order = append(order, one(a, "field", fields...)+one[catalog.ProductOrderField](a, "direction", "", "-"))
	}
	return byProduct(order...)
}

// texts are those of a product.
func textsOf(p *ent.Product) []string {
	texts := []string{p.Name, p.Description}
	if p.Sku != nil {
		texts = append(texts, *p.Sku)
	}
	return texts
}

// piece is a part of a text of at most so many characters, typed in one way or another.
func (a asker) piece(of string, most int) string {
	characters := []rune(of)
	if len(characters) == 0 {
		return ""
	}
	length := min(most, len(characters), one(a, "length", 4, 3, 1, 5, 2, 12))
	from := rapid.IntRange(0, len(characters)-length).Draw(a.T, "from")
	piece := string(characters[from : from+length])
	switch one(a, "typed", "as it is", "upper", "lower", "decomposed") {
	case "upper":
		return strings.ToUpper(piece)
	case "lower":
		return strings.ToLower(piece)
	case "decomposed":
		return norm.NFD.String(piece)
	}
	return piece
}

// word is a part of a word that a product has, of at most so many characters.
func (a asker) word(of *ent.Product, most int) string {
	words := strings.Fields(nth(a, "text", textsOf(of)))
	if len(words) == 0 { // no description
		return ""
	}
	return a.piece(nth(a, "its word", words), most)
}

// search is some words of one product, mostly; some have one or two characters, and some are nowhere.
func (a asker) search() string {
	var words []string
	p := a.product()
	if a.chance("too many", 40) {
		return strings.Repeat("t ", filter.MaxWords) + "e"
	}
	for range one(a, "words", 1, 2, 1, 3, 2, 1, 1, 0) {
		switch one(a, "word", "its", "its", "its", "another's", "its", "nasty", "odd") {
		case "its":
			words = append(words, a.word(p, 12))
		case "another's":
			words = append(words, a.word(a.product(), 3))
		case "nasty":
			words = append(words, one(a, "part", nastyParts...)+one(a, "part", nastyParts...))
		case "odd":
			words = append(words, one(a, "odd", "tea", "TE", "t", "\x00", "e\x00", "no such word", "日本", "%", "1", strings.Repeat("x", filter.MaxWordText+1)))
		}
	}
	return strings.Join(words, one(a, "space", " ", "\t", "\u3000 "))
}

// filter is a filter for a viewer, with others within it down to the depth. If it does not hold for the product in
// question, it is negated, most of the time: most filters would hold for nothing otherwise.
func (a asker) filter(viewer auth.Viewer, depth int) *where {
	f := a.conditions(viewer, depth)
	if !a.holds(f, viewer, a.about) && !a.chance("holds for others", 4) {
		return &where{Not: f}
	}
	return f
}

func (a asker) conditions(viewer auth.Viewer, depth int) *where {
	f := &where{}
	*a.left--
	for range one(a, "conditions", 1, 2, 1, 0) {
		a.condition(f)
	}
	if f.IncludeDescendants != nil && f.Category == nil && f.CategorySlug == nil && !a.chance("aimless", 20) {
		f.Category = new(a.shelf().ID)
	}
	if depth == 0 {
		return f
	}
	members := func(name string) []*where {
		list := make([]*where, max(0, min(one(a, name, 2, 1, 3, 2, 0), *a.left)))
		for i := range list {
			if !a.chance("null", 20) {
				list[i] = a.filter(viewer, depth-1)
			}
		}
		return list
	}
	switch one(a, "combined", "or", "and", "not", "none", "or and not", "all", "or") {
	case "and":
		f.And = members("and")
	case "or":
		f.Or = members("or")
	case "not":
		f.Not = a.filter(viewer, depth-1)
	case "or and not":
		f.Or, f.Not = members("or"), a.filter(viewer, depth-1)
	case "all":
		f.And, f.Or, f.Not = members("and"), members("or"), a.filter(viewer, depth-1)
	}
	return f
}

// condition sets one field of a filter.
func (a asker) condition(f *where) {
	switch one(a, "condition", "stock", "category", "price", "published", "name", "sku", "category slug", "mine", "in stock",
		"created", "updated", "descendants", "descendants", "ids") {
	case "ids":
		f.IDs = []int64{}
		for range one(a, "ids", 3, 20, 1, 0) {
			f.IDs = append(f.IDs, one(a, "id", a.product().ID, a.product().ID, 0, -1, 1<<62, a.tree[0].ID))
		}
	case "category":
		f.Category = new(a.shelf().ID)
	case "category slug":
		f.CategorySlug = new(a.shelf().Slug)
	case "descendants":
		f.IncludeDescendants = new(!a.chance("not", 4))
	case "name":
		f.Name = a.text(a.product().Name)
	case "sku":
		sku := ""
		if p := a.product(); p.Sku != nil {
			sku = *p.Sku
		}
		f.SKU = a.text(sku)
	case "price":
		f.Price = &decimals{Eq: a.decimal(9), Gte: a.decimal(2), Lte: a.decimal(3), Gt: a.decimal(5), Lt: a.decimal(5)}
	case "stock":
		f.Stock = &ints{Eq: a.number(9), Gte: a.number(2), Lte: a.number(3), Gt: a.number(5), Lt: a.number(5)}
	case "in stock":
		f.InStock = new(rapid.Bool().Draw(a.T, "in stock"))
	case "published":
		f.IsPublished = new(rapid.Bool().Draw(a.T, "published"))
	case "mine":
		f.Mine = new(rapid.Bool().Draw(a.T, "mine"))
	case "created":
		f.CreatedAt = a.moments(func(p *ent.Product) time.Time { return p.CreatedAt })
	case "updated":
		f.UpdatedAt = a.moments(func(p *ent.Product) time.Time { return p.UpdatedAt })
	}
}

func (a asker) text(of string) *text {
	piece := func(name string, most int) *string {
		if !a.chance(name, 3) {
			return nil
		}
		return new(one(a, name, a.piece(of, most), a.piece(of, 2), "", "%", "_", `\`, "\x00", "zz", "A\u0308"))
	}
	exact := func() string {
		return one(a, "exactly", of, of, strings.ToUpper(of), norm.NFD.String(of), a.product().Name, "", "%")
	}
	f := &text{Contains: piece("contains", 4)}
	if a.chance("eq", 4) {
		f.Eq = new(exact())
	}
	if a.chance("in", 4) {
		f.In = []string{}
		for range one(a, "members", 2, 1, 4, 0) {
			f.In = append(f.In, exact())
		}
	}
	if a.chance("startsWith", 3) {
		characters := []rune(of)
		f.StartsWith = new(one(a, "beginning", string(characters[:min(2, len(characters))]), strings.ToUpper(of), "a", "", "%"))
	}
	return f
}

// bound is one of these once in n times, and otherwise nil.
func bound[T any](a asker, name string, n int, of func() T) *T {
	if !a.chance(name+"?", n) {
		return nil
	}
	return new(of())
}

func (a asker) decimal(n int) *money.Decimal {
	return bound(a, "decimal", n, func() money.Decimal {
		price := a.product().Price
		text := one(a, "decimal", price.String(), price.String()+"00", price.String()+"5", price.String()+"0000001",
			"-0", "1", "0.005", "-3", "-0.001", "99999999.9899", "99999999999999999999", "-9999999999999999999")
		d, err := money.ParseDecimal(text)
		if err != nil {
			a.Fatalf("%q: %v", text, err)
		}
		return d
	})
}

func (a asker) number(n int) *int {
	return bound(a, "number", n, func() int { return one(a, "number", a.product().Stock, 0, 1, 2, 5, -1, 1<<30, -1<<31, 1<<31-1) })
}

func (a asker) moments(of func(*ent.Product) time.Time) *moments {
	moment := func(n int) *time.Time {
		return bound(a, "moment", n, func() time.Time {
			at := of(a.product()).Add(one[time.Duration](a, "later", 0, 1, -1, time.Millisecond, -time.Millisecond, 500*time.Microsecond, time.Second, time.Hour, -time.Hour))
			return at.In(one(a, "zone", time.UTC, time.FixedZone("", 5*3600+1800), time.FixedZone("", -11*3600)))
		})
	}
	return &moments{Gte: moment(2), Gt: moment(5), Lte: moment(4), Lt: moment(5)}
}
