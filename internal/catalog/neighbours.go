package catalog

import (
	"context"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
)

// neighbours find what the fields of a product may clash with or refer to. A product's own id is no clash.
type neighbours interface {
	withSlug(slug string, own int64) finder
	withSKU(key string, own int64) finder
	category(id int64) finder
}

// asked are the neighbours of a single product: the database is asked about each.
type asked struct{ tx *ent.Tx }

func (a asked) withSlug(slug string, own int64) finder {
	return a.tx.Product.Query().Where(product.Slug(slug), product.IDNEQ(own))
}

func (a asked) withSKU(key string, own int64) finder {
	return a.tx.Product.Query().Where(product.SkuKey(key), product.IDNEQ(own))
}

func (a asked) category(id int64) finder {
	return a.tx.Category.Query().Where(category.ID(id))
}

// gathered are the neighbours of many products, looked up beforehand in a few queries.
type gathered struct {
	slugs, skus map[string]int64 // who has them
	categories  map[int64]bool   // those there are
}

func (g gathered) withSlug(slug string, own int64) finder { return another(g.slugs[slug], own) }

func (g gathered) withSKU(key string, own int64) finder { return another(g.skus[key], own) }

func (g gathered) category(id int64) finder { return known(g.categories[id]) }

// another finds a holder that is neither nobody (0) nor the product itself.
func another(holder, own int64) known { return holder != 0 && holder != own }

// known is the answer of a finder that has been asked already.
type known bool

// Exist is that answer.
func (k known) Exist(context.Context) (bool, error) { return bool(k), nil }
