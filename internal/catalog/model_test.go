package catalog_test

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
)

// model is the catalogue read plainly: products in memory, all of which are looked at, one after the other, whatever is
// asked. It knows nothing of SQL and indexes, and has nothing from package catalog but its types.
type model struct {
	rows    []*ent.Product
	texts   map[int64][]string // folded: name, stock keeping unit, description
	shelves map[int64]*ent.Category

	// What was worked out before, and is asked for again with each product.
	keys   map[string]string
	prices map[money.Amount]*big.Rat
	bounds map[*money.Decimal]*big.Rat
}

// modelOf is the model of a catalogue with these products and, for what is asked of their categories, with these.
func modelOf(rows []*ent.Product, shelves ...*ent.Category) *model {
	m := &model{
		rows: rows, texts: make(map[int64][]string), shelves: make(map[int64]*ent.Category),
		keys: make(map[string]string), prices: make(map[money.Amount]*big.Rat), bounds: make(map[*money.Decimal]*big.Rat),
	}
	for _, p := range rows {
		sku := ""
		if p.Sku != nil {
			sku = *p.Sku
		}
		m.texts[p.ID] = []string{fold.Text(p.Name), fold.Text(sku), fold.Text(p.Description)}
	}
	for _, shelf := range shelves {
		m.shelves[shelf.ID] = shelf
	}
	return m
}

// once is what make makes of a key, worked out once.
func once[K comparable, V any](known map[K]V, key K, make func(K) V) V {
	v, ok := known[key]
	if !ok {
		v = make(key)
		known[key] = v
	}
	return v
}

func (m *model) fold(text string) string { return once(m.keys, text, fold.Text) }

// maySee is the model of who sees a product.
func maySee(viewer auth.Viewer, p *ent.Product) bool {
	return p.IsPublished || viewer.IsStaff || p.OwnerID != nil && viewer.SignedIn() && *p.OwnerID == viewer.UserID
}

// under says whether a category is the other one or lies below it, however deep.
func (m *model) under(id, top int64) bool {
	for id != top {
		shelf := m.shelves[id]
		if shelf == nil || shelf.ParentID == nil {
			return false
		}
		id = *shelf.ParentID
	}
	return true
}

// wordsOf are the words of a search, each once.
func wordsOf(search *string) (words []string) {
	if search == nil {
		return nil
	}
	for _, word := range strings.Fields(*search) {
		words = append(words, fold.Text(word))
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// tooMuch says whether a search has more words or characters than it may have.
func tooMuch(search *string) bool {
	if search == nil {
		return false
	}
	words := strings.Fields(*search)
	return len(words) > filter.MaxWords || utf8.RuneCountInString(strings.Join(words, "")) > filter.MaxWordText
}

// rank is how relevant a product is; found is false for one that has not all of the words.
func (m *model) rank(p *ent.Product, words []string) (sum int, found bool) {
	for _, word := range words {
		place := slices.IndexFunc(m.texts[p.ID], func(text string) bool { return strings.Contains(text, word) })
		if place < 0 {
			return 0, false
		}
		sum += 2 * place
		if !strings.HasPrefix(m.texts[p.ID][place], word) {
			sum++
		}
	}
	return sum, true
}

// levelsOf are the levels of an order that say anything, with those that go without saying.
func levelsOf(order []*catalog.ProductOrder, words []string) (levels []catalog.ProductOrder) {
	add := func(level catalog.ProductOrder) {
		if !slices.ContainsFunc(levels, func(l catalog.ProductOrder) bool { return l.Field == level.Field }) {
			levels = append(levels, level)
		}
	}
	for _, level := range order {
		add(*level)
	}
	switch {
	case len(levels) > 0:
	case len(words) > 0:
		add(catalog.ProductOrder{Field: catalog.ProductByRelevance, Direction: page.Ascending})
	default:
		add(catalog.ProductOrder{Field: catalog.ProductByName, Direction: page.Ascending})
	}
	if last := levels[len(levels)-1]; last.Field == catalog.ProductByRelevance {
		add(catalog.ProductOrder{Field: catalog.ProductByName, Direction: last.Direction})
	}
	return levels
}

// ranked is a product with what its place in an order depends on.
type ranked struct {
	*ent.Product
	name string // folded
	rank int
}

// compare says which of two products comes first: below 0 for a. Those that are alike go by id, in the direction of the
// last level.
func compare(levels []catalog.ProductOrder, a, b ranked) int {
	last := page.Ascending
	for _, level := range levels {
		var c int
		switch level.Field {
		case catalog.ProductByName:
			c = strings.Compare(a.name, b.name)
		case catalog.ProductByPrice:
			c = cmp.Compare(a.Price, b.Price)
		case catalog.ProductByStock:
			c = cmp.Compare(a.Stock, b.Stock)
		case catalog.ProductByCreatedAt:
			c = a.CreatedAt.Compare(b.CreatedAt)
		case catalog.ProductByUpdatedAt:
			c = a.UpdatedAt.Compare(b.UpdatedAt)
		case catalog.ProductByRelevance:
			c = cmp.Compare(a.rank, b.rank)
		}
		if c != 0 {
			return c * sign(level.Direction)
		}
		last = level.Direction
	}
	return cmp.Compare(a.ID, b.ID) * sign(last)
}

func sign(d page.Direction) int {
	if d == page.Descending {
		return -1
	}
	return 1
}

// listed are the products that have all of the words and are to be kept, in the given order.
func (m *model) listed(words []string, keep func(*ent.Product) bool, order []*catalog.ProductOrder) []ranked {
	var found []ranked
	for _, p := range m.rows {
		if rank, ok := m.rank(p, words); ok && keep(p) {
			found = append(found, ranked{p, m.texts[p.ID][0], rank})
		}
	}
	levels := levelsOf(order, words)
	slices.SortFunc(found, func(a, b ranked) int { return compare(levels, a, b) })
	return found
}

// search is what a search finds and keep lets through, in the given order.
func (m *model) search(search string, keep func(*ent.Product) bool, order ...catalog.ProductOrderField) []*ent.Product {
	return products(m.listed(wordsOf(&search), keep, byProduct(order...)))
}

// sorted are those of the products that are to be kept, in the given order.
func sorted(all []*ent.Product, keep func(*ent.Product) bool, order []*catalog.ProductOrder) []*ent.Product {
	return products(modelOf(all).listed(nil, keep, order))
}

func products(rows []ranked) []*ent.Product {
	plain := make([]*ent.Product, len(rows))
	for i, row := range rows {
		plain[i] = row.Product
	}
	return plain
}
