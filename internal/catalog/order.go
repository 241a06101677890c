package catalog

import (
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

// ProductOrderField is by what products are sorted.
type ProductOrderField string

// The fields that products are sorted by.
const (
	ProductByName      ProductOrderField = "NAME"
	ProductByPrice     ProductOrderField = "PRICE"
	ProductByStock     ProductOrderField = "STOCK"
	ProductByCreatedAt ProductOrderField = "CREATED_AT"
	ProductByUpdatedAt ProductOrderField = "UPDATED_AT"
	ProductByRelevance ProductOrderField = "RELEVANCE" // in a search only
)

// ProductOrder is one level of an order of products.
type ProductOrder struct {
	Field     ProductOrderField
	Direction page.Direction
}

// CategoryOrderField is by what categories are sorted.
type CategoryOrderField string

// The fields that categories are sorted by.
const (
	CategoryByName         CategoryOrderField = "NAME"
	CategoryByCreatedAt    CategoryOrderField = "CREATED_AT"
	CategoryByProductCount CategoryOrderField = "PRODUCT_COUNT"
)

// CategoryOrder is one level of an order of categories.
type CategoryOrder struct {
	Field     CategoryOrderField
	Direction page.Direction
}

// productOrder is the order asked for of the products that have the words. Without one it is by relevance in a
// search, and else by name. What is as relevant goes by name, unless another level says otherwise. The error is
// BAD_USER_INPUT.
func productOrder(levels []*ProductOrder, words []string) (page.Order[*ent.Product], error) {
	order := page.Order[*ent.Product]{List: "product", ID: func(p *ent.Product) int64 { return p.ID }}
	if len(words) > 0 {
		order.List = fmt.Sprintf("product %q", words) // a cursor is of one search
	}
	levels = withoutRepeats(levels)
	switch {
	case len(levels) > 0:
	case len(words) > 0:
		levels = []*ProductOrder{{Field: ProductByRelevance}}
	default:
		levels = []*ProductOrder{{Field: ProductByName}}
	}
	if last := levels[len(levels)-1]; last.Field == ProductByRelevance {
		levels = append(levels, &ProductOrder{Field: ProductByName, Direction: last.Direction})
	}
	for _, level := range levels {
		if level.Field == ProductByRelevance && len(words) == 0 {
			return order, fault.BadInput("`RELEVANCE` goes with `search` only")
		}
		order.Keys = append(order.Keys, productKey(level.Field, words).Directed(level.Direction))
	}
	return order, nil
}

// withoutRepeats are the levels whose field no level before them has: the others say nothing new.
func withoutRepeats(levels []*ProductOrder) (distinct []*ProductOrder) {
	for _, level := range levels {
		if !slices.ContainsFunc(distinct, func(l *ProductOrder) bool { return l.Field == level.Field }) {
			distinct = append(distinct, level)
		}
	}
	return distinct
}

func productKey(field ProductOrderField, words []string) page.Key[*ent.Product] {
	name := string(field)
	switch field {
	case ProductByRelevance:
		return relevance(words)
	case ProductByPrice:
		return page.Number(name, product.FieldPrice, func(p *ent.Product) int64 { return int64(p.Price) })
	case ProductByStock:
		return page.Number(name, product.FieldStock, func(p *ent.Product) int64 { return int64(p.Stock) })
	case ProductByCreatedAt:
		return page.Moment(name, product.FieldCreatedAt, func(p *ent.Product) time.Time { return p.CreatedAt })
	case ProductByUpdatedAt:
		return page.Moment(name, product.FieldUpdatedAt, func(p *ent.Product) time.Time { return p.UpdatedAt })
	default:
		return page.Text(name, product.FieldNameKey, func(p *ent.Product) string { return p.NameKey })
	}
}

// categoryOrder is the order asked for, or by name.
func categoryOrder(levels []*CategoryOrder) page.Order[*ent.Category] {
	order := page.Order[*ent.Category]{List: "category", ID: func(c *ent.Category) int64 { return c.ID }}
	for _, level := range levels {
		order.Keys = append(order.Keys, categoryKey(level.Field).Directed(level.Direction))
	}
	if len(order.Keys) == 0 {
		order.Keys = append(order.Keys, categoryKey(CategoryByName))
	}
	return order
}

func categoryKey(field CategoryOrderField) page.Key[*ent.Category] {
	name := string(field)
	switch field {
	case CategoryByCreatedAt:
		return page.Moment(name, category.FieldCreatedAt, func(c *ent.Category) time.Time { return c.CreatedAt })
	case CategoryByProductCount:
		return page.Computed(name, publishedProducts, func(c *ent.Category, column string) (any, error) { return c.Value(column) })
	default:
		return page.Text(name, category.FieldNameKey, func(c *ent.Category) string { return c.NameKey })
	}
}

// publishedProducts counts a category's published products, for every viewer the same: an order must not
// tell how many unpublished ones there are.
func publishedProducts(s *sql.Selector) sql.Querier {
	return sql.Raw("(SELECT COUNT(*) FROM products AS counted WHERE counted.category_id = " + s.C(category.FieldID) + " AND counted.is_published)")
}
