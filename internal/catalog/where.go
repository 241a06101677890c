package catalog

import (
	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/filter"
)

// ProductWhere holds for a product when all that is set does; nil is absent.
type ProductWhere struct {
	IDs          []int64
	Category     *int64
	CategorySlug *string
	Name, SKU    *StringFilter
	Price        *DecimalRange
	Stock        *IntRange
	InStock      *bool
	IsPublished  *bool
	Mine         *bool // the viewer owns it
	CreatedAt    *filter.DateTimeRange
	UpdatedAt    *filter.DateTimeRange
	And, Or      []*ProductWhere
	Not          *ProductWhere
}

// CategoryWhere holds for a category when all that is set does; nil is absent.
type CategoryWhere struct {
	IDs        []int64
	Name, Slug *StringFilter
	IsRoot     *bool
	Parent     *int64
	And, Or    []*CategoryWhere
	Not        *CategoryWhere
}

// predicate is the filter for a viewer. Its error is BAD_USER_INPUT.
func (w *ProductWhere) predicate(viewer auth.Viewer) (predicate.Product, error) {
	return w.condition(viewer, outermost())
}

func (w *ProductWhere) condition(viewer auth.Viewer, at level) (condition, error) {
	if w == nil {
		return everything, nil
	}
	c := &conditions{level: at}
	c.ids("ids", w.IDs)
	if w.Category != nil {
		c.add(product.CategoryID(*w.Category))
	}
	if w.CategorySlug != nil {
		c.add(onShelf(*w.CategorySlug))
	}
	c.text("name", product.FieldName, product.FieldNameKey, w.Name)
	c.text("sku", product.FieldSku, product.FieldSkuKey, w.SKU)
	c.amount(product.FieldPrice, w.Price)
	c.number(product.FieldStock, w.Stock)
	if w.InStock != nil {
		c.add(either(*w.InStock, product.StockGT(0), product.StockLTE(0)))
	}
	if w.IsPublished != nil {
		c.add(product.IsPublished(*w.IsPublished))
	}
	if w.Mine != nil {
		c.add(mine(viewer, *w.Mine))
	}
	c.moment(product.FieldCreatedAt, w.CreatedAt)
	c.moment(product.FieldUpdatedAt, w.UpdatedAt)
	combine(c, w.And, w.Or, w.Not, func(w *ProductWhere, at level) (condition, error) {
		return w.condition(viewer, at)
	})
	return c.result()
}

// onShelf holds for what is in the category with the slug. The category is looked up once, so that an index
// leads to its products; ent's own HasCategoryWith looks it up for every product there is.
func onShelf(slug string) condition {
	return func(s *sql.Selector) {
		d := sql.Dialect(s.Dialect())
		shelf := d.Table(category.Table)
		s.Where(sql.In(s.C(product.FieldCategoryID),
			d.Select(category.FieldID).From(shelf).Where(sql.EQ(shelf.C(category.FieldSlug), slug))))
	}
}

// mine holds for what the viewer owns, or for all the rest. Nobody owns anything anonymously.
func mine(viewer auth.Viewer, wanted bool) condition {
	if !viewer.SignedIn() {
		return either[condition](wanted, nothing, everything)
	}
	owned := sql.AndPredicates(product.OwnerIDNotNil(), product.OwnerID(viewer.UserID))
	return either(wanted, owned, sql.NotPredicates(owned))
}

// predicate is the filter. Its error is BAD_USER_INPUT.
func (w *CategoryWhere) predicate() (predicate.Category, error) {
	return w.condition(outermost())
}

func (w *CategoryWhere) condition(at level) (condition, error) {
	if w == nil {
		return everything, nil
	}
	c := &conditions{level: at}
	c.ids("ids", w.IDs)
	c.text("name", category.FieldName, category.FieldNameKey, w.Name)
	c.text("slug", category.FieldSlug, category.FieldSlug, w.Slug)
	if w.IsRoot != nil {
		c.add(either(*w.IsRoot, category.ParentIDIsNil(), category.ParentIDNotNil()))
	}
	if w.Parent != nil {
		c.add(category.ParentIDNotNil())
		c.add(category.ParentID(*w.Parent))
	}
	combine(c, w.And, w.Or, w.Not, (*CategoryWhere).condition)
	return c.result()
}

func either[T any](choice bool, yes, no T) T {
	if choice {
		return yes
	}
	return no
}
