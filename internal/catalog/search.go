package catalog

import (
	"context"
	"fmt"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/page"
)

// searched are the columns that products are searched in, folded as the words are, the one that matters most
// first.
func searched() []string {
	return []string{product.FieldNameKey, product.FieldSkuKey, product.FieldDescriptionKey}
}

// matching holds for products that have each of the folded words in one of their texts. For no words it is no
// condition at all.
func (c *Catalog) matching(ctx context.Context, words []string) (predicate.Product, error) {
	if strings.Contains(strings.Join(words, ""), "\x00") { // no stored text has one, and the index takes it for the end
		return filter.Nothing, nil
	}
	likely, err := c.db.ProductsWith(ctx, words)
	if err != nil {
		return nil, err
	}
	return func(s *sql.Selector) {
		likely(s)
		for _, word := range words {
			var places []*sql.Predicate
			for _, column := range searched() {
				places = append(places, sql.P(func(b *sql.Builder) {
					database.Position(b, s.C(column), word)
					b.WriteString(" > 0")
				}))
			}
			s.Where(sql.Or(places...))
		}
	}, nil
}

// relevance sorts products by where they have the words, the best first. It depends on the product's texts and the
// words only: it is the sum of the words' places, each the first that fits. The places are 0 and 1 for the
// beginning of the name and elsewhere in it, 2 and 3 likewise for the stock keeping unit, 4 and 5 for the
// description.
func relevance(words []string) page.Key[*ent.Product] {
	return page.Computed(string(ProductByRelevance), func(s *sql.Selector) sql.Querier {
		return sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("(CAST(0 AS bigint)") // whatever a cursor may say it was
			for _, word := range words {
				b.WriteString(" + CASE")
				for i, column := range searched() {
					b.WriteString(" WHEN ")
					database.Position(b, s.C(column), word)
					b.WriteString(fmt.Sprintf(" = 1 THEN %d WHEN ", 2*i))
					database.Position(b, s.C(column), word)
					b.WriteString(fmt.Sprintf(" > 0 THEN %d", 2*i+1))
				}
				b.WriteString(fmt.Sprintf(" ELSE %d END", 2*len(searched()))) // nowhere: no product that was found
			}
			b.WriteString(")")
		})
	}, func(p *ent.Product, column string) (any, error) { return p.Value(column) })
}
