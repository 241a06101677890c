package graph_test

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph"
)

// Why a field, an argument or an input field below the public roots does not make an answer depend on anything but the request's
// text and the tables of products and categories, for an anonymous viewer.
const (
	stored    = "it is in those tables, or follows from what is"
	requested = "it only chooses among that"
	constant  = "an anonymous viewer is always told the same"
)

// decided is what was decided on every one of them. Before you add a line: an answer that depends on the time of day, on chance, on
// another table, or on anything in the request but its text must not be kept, and its root field has to go from publicFields.
var decided = map[string]string{
	"Query.product": stored, "Query.products": stored, "Query.category": stored, "Query.categories": stored,

	"Product.id": stored, "Product.name": stored, "Product.slug": stored, "Product.sku": stored, "Product.description": stored,
	"Product.price": stored, "Product.stock": stored, "Product.inStock": stored, "Product.isPublished": stored,
	"Product.category": stored, "Product.version": stored, "Product.createdAt": stored, "Product.updatedAt": stored,
	"Product.owner":         constant, // null
	"Product.viewerCanEdit": constant, // false

	"Category.id": stored, "Category.name": stored, "Category.slug": stored, "Category.description": stored, "Category.parent": stored,
	"Category.children": stored, "Category.ancestors": stored, "Category.createdAt": stored, "Category.updatedAt": stored,
	"Category.products": stored,

	"ProductConnection.edges": stored, "ProductConnection.nodes": stored, "ProductConnection.pageInfo": stored,
	"ProductConnection.totalCount": stored, "ProductEdge.cursor": stored, "ProductEdge.node": stored,
	"CategoryConnection.edges": stored, "CategoryConnection.nodes": stored, "CategoryConnection.pageInfo": stored,
	"CategoryConnection.totalCount": stored, "CategoryEdge.cursor": stored, "CategoryEdge.node": stored,
	"PageInfo.hasNextPage": stored, "PageInfo.hasPreviousPage": stored, "PageInfo.startCursor": stored, "PageInfo.endCursor": stored,

	"ProductBy": requested, "CategoryBy": requested, "CategoryWhere": requested, "ProductOrder": requested, "CategoryOrder": requested,
	"StringFilter": requested, "IntRange": requested, "DecimalRange": requested, "DateTimeRange": requested,
	"ProductWhere.ids": requested, "ProductWhere.category": requested, "ProductWhere.categorySlug": requested,
	"ProductWhere.includeDescendants": requested, "ProductWhere.name": requested, "ProductWhere.sku": requested, "ProductWhere.price": requested,
	"ProductWhere.stock": requested, "ProductWhere.inStock": requested, "ProductWhere.isPublished": requested,
	"ProductWhere.createdAt": requested, "ProductWhere.updatedAt": requested, "ProductWhere.and": requested, "ProductWhere.or": requested,
	"ProductWhere.not":  requested,
	"ProductWhere.mine": constant, // true matches nothing

	"Query.product(by)": requested, "Query.category(by)": requested,
}

// walk visits all that can be reached from the public roots.
type walk struct {
	schema *ast.Schema
	seen   map[string]bool
}

func (w *walk) output(typeName, field string, def *ast.FieldDefinition) {
	w.seen[typeName+"."+field] = true
	for _, argument := range def.Arguments {
		switch argument.Name {
		case "first", "after", "last", "before", "offset", "search", "where", "orderBy", "includeDescendants":
		default:
			w.seen[typeName+"."+field+"("+argument.Name+")"] = true
		}
		w.input(argument.Type.Name())
	}
	w.object(def.Type.Name())
}

func (w *walk) object(name string) {
	def := w.schema.Types[name]
	if def == nil || w.seen["type "+name] || def.Kind != ast.Object && def.Kind != ast.Interface {
		return
	}
	w.seen["type "+name] = true
	if name == "User" { // of which nothing is told: Product.owner is null
		return
	}
	for _, field := range def.Fields {
		w.output(name, field.Name, field)
	}
}

func (w *walk) input(name string) {
	def := w.schema.Types[name]
	if def == nil || def.Kind != ast.InputObject || w.seen["type "+name] {
		return
	}
	w.seen["type "+name] = true
	for _, field := range def.Fields {
		if _, whole := decided[name]; whole {
			w.seen[name] = true
		} else {
			w.seen[name+"."+field.Name] = true
		}
		w.input(field.Type.Name())
	}
}

// Every field and input below the public roots has been decided on. One that is new fails here until somebody has thought
// about it.
func TestPublicFieldsAreDecidedOn(t *testing.T) {
	w := &walk{schema: graph.Schema(), seen: map[string]bool{}}
	roots := []string{"category", "categories", "product", "products"}
	for _, root := range roots {
		w.output("Query", root, w.schema.Query.Fields.ForName(root))
	}
	for what := range w.seen {
		if !strings.HasPrefix(what, "type ") && decided[what] == "" {
			t.Errorf("%s is new: does what it answers an anonymous viewer depend on nothing but the catalogue and the request's text?", what)
		}
	}
	for what := range decided {
		if !w.seen[what] {
			t.Errorf("%s is not there any more", what)
		}
	}
}
