package catalog

import (
	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/page"
)

// columns are a set of columns of a table, by their places in it.
type columns uint32

// column is a column, where it goes, and which fields of the API are answered from it.
type column[Row any] struct {
	name   string
	into   func(*Row) any // what Scan takes
	fields []string
}

// table is what can be read of a row without ent.
type table[Row any] struct {
	columns []column[Row]
	byField map[string]columns
	byName  map[string]columns
}

func newTable[Row any](all ...column[Row]) table[Row] {
	t := table[Row]{columns: all, byField: map[string]columns{}, byName: map[string]columns{}}
	for i, column := range all {
		t.byName[column.name] = 1 << i
		for _, field := range column.fields {
			t.byField[field] |= 1 << i
		}
	}
	return t
}

// of are the columns that the selected fields take, and others that are wanted. It is false when a field takes something
// else, too.
func (t table[Row]) of(selected page.Fields, others []string) (set columns, ok bool) {
	set = t.byName["id"]
	for field := range selected {
		column, known := t.byField[field]
		if !known {
			return 0, false
		}
		set |= column
	}
	for _, name := range others {
		column, known := t.byName[name]
		if !known {
			return 0, false
		}
		set |= column
	}
	return set, true
}

// in are the columns of a set.
func (t table[Row]) in(set columns) (some []column[Row]) {
	for i, column := range t.columns {
		if set&(1<<i) != 0 {
			some = append(some, column)
		}
	}
	return some
}

func productTable() table[ent.Product] {
	return newTable(
		column[ent.Product]{product.FieldID, func(p *ent.Product) any { return &p.ID }, []string{"id", "__typename"}},
		column[ent.Product]{product.FieldName, func(p *ent.Product) any { return &p.Name }, []string{"name"}},
		column[ent.Product]{product.FieldNameKey, func(p *ent.Product) any { return &p.NameKey }, nil},
		column[ent.Product]{product.FieldSlug, func(p *ent.Product) any { return &p.Slug }, []string{"slug"}},
		column[ent.Product]{product.FieldSku, func(p *ent.Product) any { return &p.Sku }, []string{"sku"}},
		column[ent.Product]{product.FieldDescription, func(p *ent.Product) any { return &p.Description }, []string{"description"}},
		column[ent.Product]{product.FieldPrice, func(p *ent.Product) any { return (*int64)(&p.Price) }, []string{"price"}},
		column[ent.Product]{product.FieldStock, func(p *ent.Product) any { return &p.Stock }, []string{"stock", "inStock"}},
		column[ent.Product]{product.FieldIsPublished, func(p *ent.Product) any { return &p.IsPublished }, []string{"isPublished"}},
		column[ent.Product]{product.FieldVersion, func(p *ent.Product) any { return &p.Version }, []string{"version"}},
		column[ent.Product]{product.FieldCategoryID, func(p *ent.Product) any { return &p.CategoryID }, []string{"category"}},
		column[ent.Product]{product.FieldOwnerID, func(p *ent.Product) any { return &p.OwnerID }, []string{"owner", "viewerCanEdit"}},
		column[ent.Product]{product.FieldCreatedAt, func(p *ent.Product) any { return &p.CreatedAt }, []string{"createdAt"}},
		column[ent.Product]{product.FieldUpdatedAt, func(p *ent.Product) any { return &p.UpdatedAt }, []string{"updatedAt"}},
	)
}

// categoryTable has no column for what is above and below a category, which ent reads.
func categoryTable() table[ent.Category] {
	return newTable(
		column[ent.Category]{category.FieldID, func(c *ent.Category) any { return &c.ID }, []string{"id", "__typename", "products"}},
		column[ent.Category]{category.FieldName, func(c *ent.Category) any { return &c.Name }, []string{"name"}},
		column[ent.Category]{category.FieldNameKey, func(c *ent.Category) any { return &c.NameKey }, nil},
		column[ent.Category]{category.FieldSlug, func(c *ent.Category) any { return &c.Slug }, []string{"slug"}},
		column[ent.Category]{category.FieldDescription, func(c *ent.Category) any { return &c.Description }, []string{"description"}},
		column[ent.Category]{category.FieldCreatedAt, func(c *ent.Category) any { return &c.CreatedAt }, []string{"createdAt"}},
		column[ent.Category]{category.FieldUpdatedAt, func(c *ent.Category) any { return &c.UpdatedAt }, []string{"updatedAt"}},
	)
}
