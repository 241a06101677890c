package catalog

import (
	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// ProductWhere holds for a product when all that is set does; nil is absent.
type ProductWhere struct {
	IDs                []int64
	Category           *int64
	CategorySlug       *string
	IncludeDescendants *bool // Category and CategorySlug mean what is below them, too
	Name, SKU          *filter.StringFilter
	Price              *filter.DecimalRange
	Stock              *filter.IntRange
	InStock            *bool
	IsPublished        *bool
	Mine               *bool // the viewer owns it
	CreatedAt          *filter.DateTimeRange
	UpdatedAt          *filter.DateTimeRange
	And, Or            []*ProductWhere
	Not                *ProductWhere
}

// CategoryWhere holds for a category when all that is set does; nil is absent.
type CategoryWhere struct {
	IDs        []int64
	Name, Slug *filter.StringFilter
	IsRoot     *bool
	Parent     *int64
	And, Or    []*CategoryWhere
	Not        *CategoryWhere
}

// predicate is the filter for a viewer. Its error is BAD_USER_INPUT.
func (w *ProductWhere) predicate(viewer auth.Viewer) (predicate.Product, error) {
	return w.condition(viewer, filter.Outermost())
}

func (w *ProductWhere) condition(viewer auth.Viewer, at filter.Level) (filter.Condition, error) {
	if w == nil {
		return filter.Everything, nil
	}
	c := filter.At(at)
	c.IDs("ids", w.IDs)
	w.shelf(c)
	c.Text("name", folded(product.FieldName, product.FieldNameKey), w.Name)
	c.Text("sku", folded(product.FieldSku, product.FieldSkuKey), w.SKU)
	c.Amount(product.FieldPrice, w.Price)
	c.Number(product.FieldStock, w.Stock)
	if w.InStock != nil {
		c.Add(either(*w.InStock, product.StockGT(0), product.StockLTE(0)))
	}
	if w.IsPublished != nil {
		c.Add(product.IsPublished(*w.IsPublished))
	}
	if w.Mine != nil {
		c.Add(mine(viewer, *w.Mine))
	}
	c.Moment(product.FieldCreatedAt, w.CreatedAt)
	c.Moment(product.FieldUpdatedAt, w.UpdatedAt)
	filter.Combine(c, w.And, w.Or, w.Not, func(w *ProductWhere, at filter.Level) (filter.Condition, error) {
		return w.condition(viewer, at)
	})
	return c.Result()
}

// walkCounts is as how many conditions one counts that walks down the tree of categories. Databases take a few hundred of
// those in one statement.
const walkCounts = 10

// shelf adds the conditions on the category. IncludeDescendants without any would include nothing: it is refused
// rather than ignored.
func (w *ProductWhere) shelf(c *filter.Conditions) {
	deep := w.IncludeDescendants != nil && *w.IncludeDescendants
	counts := either(deep, walkCounts, 1)
	if w.Category != nil {
		c.AddAs(counts, either[filter.Condition](deep, atOrBelow(*w.Category), product.CategoryID(*w.Category)))
	}
	if w.CategorySlug != nil {
		c.AddAs(counts, either(deep, atOrBelowShelf(*w.CategorySlug), onShelf(*w.CategorySlug)))
	}
	if deep && w.Category == nil && w.CategorySlug == nil {
		c.Fail("`includeDescendants` goes with `category` or `categorySlug`")
	}
}

// onShelf holds for what is in the category with the slug. The category is looked up once, so that an index
// leads to its products; ent's own HasCategoryWith looks it up for every product there is.
func onShelf(slug string) filter.Condition {
	return func(s *sql.Selector) {
		d := sql.Dialect(s.Dialect())
		shelf := d.Table(category.Table)
		s.Where(sql.In(s.C(product.FieldCategoryID),
			d.Select(category.FieldID).From(shelf).Where(sql.EQ(shelf.C(category.FieldSlug), slug))))
	}
}

// mine holds for what the viewer owns, or for all the rest. Nobody owns anything anonymously.
func mine(viewer auth.Viewer, wanted bool) filter.Condition {
	if !viewer.SignedIn() {
		return either[filter.Condition](wanted, filter.Nothing, filter.Everything)
	}
	owned := sql.AndPredicates(product.OwnerIDNotNil(), product.OwnerID(viewer.UserID))
	return either(wanted, owned, sql.NotPredicates(owned))
}

// predicate is the filter. Its error is BAD_USER_INPUT.
func (w *CategoryWhere) predicate() (predicate.Category, error) {
	return w.condition(filter.Outermost())
}

func (w *CategoryWhere) condition(at filter.Level) (filter.Condition, error) {
	if w == nil {
		return filter.Everything, nil
	}
	c := filter.At(at)
	c.IDs("ids", w.IDs)
	c.Text("name", folded(category.FieldName, category.FieldNameKey), w.Name)
	c.Text("slug", folded(category.FieldSlug, category.FieldSlug), w.Slug)
	if w.IsRoot != nil {
		c.Add(either(*w.IsRoot, category.ParentIDIsNil(), category.ParentIDNotNil()))
	}
	if w.Parent != nil {
		c.Add(category.ParentIDNotNil())
		c.Add(category.ParentID(*w.Parent))
	}
	filter.Combine(c, w.And, w.Or, w.Not, (*CategoryWhere).condition)
	return c.Result()
}

// folded is a column of texts and the one of their keys.
func folded(column, key string) filter.Column {
	return filter.Column{Name: column, Key: key, Fold: fold.Text}
}

func either[T any](choice bool, yes, no T) T {
	if choice {
		return yes
	}
	return no
}
