package catalog_test

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
)

// holds is the model of a filter, two-valued as its promise is: whatever does not hold, its negation does.
func (m *model) holds(f *where, viewer auth.Viewer, p *ent.Product) bool {
	if f == nil {
		return true
	}
	mine := viewer.SignedIn() && p.OwnerID != nil && *p.OwnerID == viewer.UserID
	return (f.IDs == nil || slices.Contains(f.IDs, p.ID)) &&
		m.holdsForShelf(f, p.CategoryID) &&
		(f.Name == nil || m.holdsForText(f.Name, p.Name)) &&
		(f.SKU == nil || p.Sku != nil && m.holdsForText(f.SKU, *p.Sku)) &&
		m.holdsForPrice(f.Price, p.Price) &&
		(f.Stock == nil || within(p.Stock, func(a, b int) int { return a - b },
			f.Stock.Eq, f.Stock.Gte, f.Stock.Lte, f.Stock.Gt, f.Stock.Lt)) &&
		(f.InStock == nil || *f.InStock == (p.Stock > 0)) &&
		(f.IsPublished == nil || *f.IsPublished == p.IsPublished) &&
		(f.Mine == nil || *f.Mine == mine) &&
		holdsForMoment(f.CreatedAt, p.CreatedAt) &&
		holdsForMoment(f.UpdatedAt, p.UpdatedAt) &&
		!slices.ContainsFunc(f.And, func(f *where) bool { return !m.holds(f, viewer, p) }) &&
		(f.Or == nil || slices.ContainsFunc(f.Or, func(f *where) bool { return m.holds(f, viewer, p) })) &&
		(f.Not == nil || !m.holds(f.Not, viewer, p))
}

func (m *model) holdsForShelf(f *where, id int64) bool {
	matches := func(top int64) bool { return id == top }
	if f.IncludeDescendants != nil && *f.IncludeDescendants {
		matches = func(top int64) bool { return m.under(id, top) }
	}
	if f.Category != nil && !matches(*f.Category) {
		return false
	}
	if f.CategorySlug == nil {
		return true
	}
	for _, shelf := range m.shelves {
		if shelf.Slug == *f.CategorySlug {
			return matches(shelf.ID)
		}
	}
	return false
}

func (m *model) holdsForText(f *text, s string) bool {
	return f == nil ||
		(f.Eq == nil || fold.Canonical(*f.Eq) == s) &&
			(f.In == nil || slices.ContainsFunc(f.In, func(t string) bool { return fold.Canonical(t) == s })) &&
			(f.Contains == nil || strings.Contains(m.fold(s), m.fold(*f.Contains))) &&
			(f.StartsWith == nil || strings.HasPrefix(m.fold(s), m.fold(*f.StartsWith)))
}

func (m *model) holdsForPrice(f *decimals, price money.Amount) bool {
	return f == nil || within(once(m.prices, price, rational), (*big.Rat).Cmp,
		m.exact(f.Eq), m.exact(f.Gte), m.exact(f.Lte), m.exact(f.Gt), m.exact(f.Lt))
}

func rational(a money.Amount) *big.Rat { return big.NewRat(int64(a), 100) }

func (m *model) exact(d *money.Decimal) **big.Rat {
	if d == nil {
		return nil
	}
	return new(once(m.bounds, d, func(d *money.Decimal) *big.Rat {
		r, _ := new(big.Rat).SetString(d.String())
		return r
	}))
}

func holdsForMoment(f *moments, at time.Time) bool {
	return f == nil || within(at, time.Time.Compare, nil, f.Gte, f.Lte, f.Gt, f.Lt)
}

func within[V any](v V, compare func(a, b V) int, eq, gte, lte, gt, lt *V) bool {
	return (eq == nil || compare(v, *eq) == 0) && (gte == nil || compare(v, *gte) >= 0) && (lte == nil || compare(v, *lte) <= 0) &&
		(gt == nil || compare(v, *gt) > 0) && (lt == nil || compare(v, *lt) < 0)
}

// aimless says whether a filter includes what is below no category anywhere, which is refused.
func aimless(f *where) bool {
	return f != nil && (f.IncludeDescendants != nil && *f.IncludeDescendants && f.Category == nil && f.CategorySlug == nil ||
		slices.ContainsFunc(f.And, aimless) || slices.ContainsFunc(f.Or, aimless) || aimless(f.Not))
}

// absent are the fields of a filter that say nothing.
var absent = regexp.MustCompile(`"\w+":null,?`)

// describe writes out what was given for an argument, for a person who looks into a failure.
func describe(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return absent.ReplaceAllString(string(text), "")
}
