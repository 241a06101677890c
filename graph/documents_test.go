package graph_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph"
)

// document is a random document, and the variables that go with it.
type document struct {
	text       string
	variables  map[string]any
	conditions map[string]bool // variables of @skip and @include, and whether they may be null or absent
}

// redraw draws anew what is skipped and included.
func (d *document) redraw(random *rand.Rand) {
	for name, nullable := range d.conditions {
		d.variables[name] = random.IntN(2) == 0
		if nullable {
			switch random.IntN(8) {
			case 0:
				d.variables[name] = nil
			case 1:
				delete(d.variables, name)
			}
		}
	}
}

// writing is a document that is being written.
type writing struct {
	*rand.Rand
	schema      *ast.Schema
	scene       *scene
	cursors     []string
	left        int // how many selections may still be written
	document    *document
	definitions []string
	fragments   []string
	named       map[string][]string // fragments by the types they are on

	introspecting bool              // in a part that may have no aliases
	said          map[string]string // the arguments of fields there, as those of one name must have the same
}

// harmless are mutations that change nothing, for anybody, and are not counted as attempts.
var harmless = []string{
	`tokenVerify(token: "$DEAD")`, `tokenVerify(token: "x")`, `tokenRefresh(refresh: "x")`, `tokenRevoke(refresh: "")`,
	`sessionRevoke(id: 0)`, `productDelete(id: 0)`,
	`productUpdate(id: "$PUBLISHED", input: {expectedVersion: 99, name: "x"})`, `productUpdate(id: "$HIDDEN", input: {name: ""})`,
	`productCreate(input: {name: "", price: "1", category: 0})`, `categoryDelete(id: "$SHELF")`, `categoryCreate(input: {name: ""})`,
	`productsBulkUpsert(input: [{sku: "", name: "x", price: "1", category: 0}])`, `userUpdate(id: 0, input: {})`,
	`profileUpdate(input: {email: ""})`,
}

// newDocument writes a document: of valid and invalid arguments, aliases, fragments of all kinds that spread one another,
// repeated fields, conditions, and now and then of something that does not validate.
func newDocument(random *rand.Rand, s *scene, cursors []string) *document {
	w := &writing{
		Rand: random, schema: graph.Schema(), scene: s, cursors: cursors, left: 1 + random.IntN(60),
		document: &document{variables: map[string]any{}, conditions: map[string]bool{}}, named: map[string][]string{}, said: map[string]string{},
	}
	operation, root := "query", w.schema.Query
	if w.chance(10) {
		operation, root = "mutation", w.schema.Mutation
	}
	body := w.selection(root, 1+w.IntN(6))
	definitions := ""
	if len(w.definitions) > 0 {
		definitions = "(" + strings.Join(w.definitions, ", ") + ")"
	}
	w.document.text = operation + " Q" + definitions + body + " " + strings.Join(w.fragments, " ")
	return w.document
}

// chance is true so many times in a hundred.
func (w *writing) chance(percent int) bool { return w.IntN(100) < percent }

// selection is a selection set of a type, at most so deep.
func (w *writing) selection(of *ast.Definition, depth int) string {
	var parts []string
	for range 1 + w.IntN(4) {
		parts = append(parts, w.selected(of, depth))
	}
	return " { " + strings.Join(parts, " ") + " }"
}

func (w *writing) selected(of *ast.Definition, depth int) string {
	if w.left--; w.left < 0 {
		return "__typename"
	}
	switch {
	case w.chance(8):
		return "..." + w.condition() + w.selection(of, depth)
	case w.chance(8):
		return "... on " + of.Name + w.condition() + w.selection(of, depth)
	case w.chance(8) && len(of.Interfaces) > 0:
		return "... on Node" + w.condition() + w.selection(w.schema.Types["Node"], depth)
	case of.Kind == ast.Interface && w.chance(80):
		possible := w.schema.GetPossibleTypes(of)
		one := possible[w.IntN(len(possible))]
		return "... on " + one.Name + w.condition() + w.selection(one, depth)
	case w.chance(10):
		return "..." + w.fragment(of, depth) + w.condition()
	}
	return w.field(of, depth)
}

// fragment is the name of a fragment on a type: a new one, or one that is there.
func (w *writing) fragment(of *ast.Definition, depth int) string {
	known := w.named[of.Name]
	if len(known) > 0 && w.chance(60) {
		return known[w.IntN(len(known))]
	}
	name := fmt.Sprintf("F%d", len(w.fragments))
	w.fragments = append(w.fragments, "") // keeps the name
	at := len(w.fragments) - 1
	w.fragments[at] = "fragment " + name + " on " + of.Name + w.selection(of, depth)
	w.named[of.Name] = append(known, name) // from now on, so that it does not spread itself
	return name
}

func (w *writing) field(of *ast.Definition, depth int) string {
	if of == w.schema.Mutation {
		text := harmless[w.IntN(len(harmless))]
		for name, id := range w.scene.ids {
			text = strings.ReplaceAll(text, "$"+name+`"`, id+`"`)
		}
		name, _, _ := strings.Cut(text, "(")
		return keyed(name, text) + w.condition() + w.selection(w.schema.Types[of.Fields.ForName(name).Type.Name()], depth)
	}
	fields := slices.DeleteFunc(slices.Clone(of.Fields), func(f *ast.FieldDefinition) bool {
		return strings.HasPrefix(f.Name, "__") || depth == 0 && w.below(f) != nil
	})
	if len(fields) == 0 || w.chance(5) {
		if w.introspecting {
			return "__typename"
		}
		return []string{"__typename", "kind: __typename"}[w.IntN(2)]
	}
	if of == w.schema.Query && w.chance(4) {
		return w.introspection(depth)
	}
	f := fields[w.IntN(len(fields))]
	text := f.Name + w.argumentsOf(f)
	switch {
	case w.introspecting: // as it is
	case text != f.Name:
		text = keyed(f.Name, text)
	case w.chance(15):
		text = "x_" + f.Name + ": " + text
	}
	text += w.condition()
	if below := w.below(f); below != nil {
		text += w.selection(below, depth-1)
	}
	return text
}

// introspection asks the schema of itself: of a type, as of all of them an answer may be of any length.
func (w *writing) introspection(depth int) string {
	w.introspecting = true
	defer func() { w.introspecting = false }()
	if w.chance(20) {
		return "__schema" + w.selection(w.schema.Types["__Schema"], 2)
	}
	types := []string{"Product", "Node", "ProductOrder", "ProductOrderField", "DateTime", "Mutation", "__Type", "None"}
	text := fmt.Sprintf("__type(name: %q)", types[w.IntN(len(types))])
	return keyed("type", text) + w.condition() + w.selection(w.schema.Types["__Type"], min(depth+1, 4))
}

// keyed is a field under a name of its own, as two of one name must have the same arguments.
func keyed(name, text string) string {
	sum := fnv.New32()
	_, _ = sum.Write([]byte(text))
	return fmt.Sprintf("%s_%x: %s", name, sum.Sum32(), text)
}

func (w *writing) below(f *ast.FieldDefinition) *ast.Definition {
	if definition := w.schema.Types[f.Type.Name()]; definition.IsCompositeType() {
		return definition
	}
	return nil
}

func (w *writing) condition() string {
	if !w.chance(12) {
		return ""
	}
	directive := []string{" @skip", " @include"}[w.IntN(2)]
	if w.chance(30) {
		return fmt.Sprintf("%s(if: %v)", directive, w.chance(50))
	}
	conditions := w.document.conditions
	if len(conditions) > 0 && w.chance(50) {
		return fmt.Sprintf("%s(if: $c%d)", directive, w.IntN(len(conditions)))
	}
	name := fmt.Sprintf("c%d", len(conditions))
	if conditions[name] = w.chance(10); conditions[name] {
		w.define(name, "Boolean = true", w.chance(50))
	} else {
		w.define(name, "Boolean!", w.chance(50))
	}
	return fmt.Sprintf("%s(if: $%s)", directive, name)
}

func (w *writing) define(name, typeName string, value any) {
	w.definitions = append(w.definitions, "$"+name+": "+typeName)
	w.document.variables[name] = value
}

// argumentsOf are those of a field: of introspection the same each time.
func (w *writing) argumentsOf(f *ast.FieldDefinition) string {
	if !w.introspecting {
		return w.arguments(f.Arguments)
	}
	said, known := w.said[f.Name]
	if !known {
		said = w.arguments(f.Arguments)
		w.said[f.Name] = said
	}
	return said
}

// arguments are those of a field, each there or not, as literals or variables.
func (w *writing) arguments(definitions ast.ArgumentDefinitionList) string {
	var parts []string
	for _, a := range definitions {
		if !a.Type.NonNull && !w.chance(20) {
			continue
		}
		if a.DefaultValue != nil && w.chance(70) {
			continue
		}
		value := w.value(a.Name, a.Type, 2)
		text := asLiteral(value)
		if w.chance(40) {
			name := fmt.Sprintf("v%d", len(w.definitions))
			w.define(name, a.Type.String(), asVariable(value))
			text = "$" + name
		}
		parts = append(parts, a.Name+": "+text)
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// name is an enum's value, which literals write without quotes.
type name string

// value is a value for an argument or a member of an input: mostly one that is understood.
func (w *writing) value(of string, t *ast.Type, depth int) any {
	if !t.NonNull && w.chance(5) {
		return nil
	}
	if t.Elem != nil {
		values := []any{}
		for range w.IntN(3) {
			values = append(values, w.value(of, t.Elem, depth))
		}
		return values
	}
	definition := w.schema.Types[t.Name()]
	switch definition.Kind { //nolint:exhaustive // the others are no inputs
	case ast.Scalar:
		return w.scalar(of, t.Name())
	case ast.Enum:
		return name(definition.EnumValues[w.IntN(len(definition.EnumValues))].Name)
	case ast.InputObject:
		members := map[string]any{}
		oneOf := definition.Directives.ForName("oneOf") != nil
		for _, i := range w.Perm(len(definition.Fields)) {
			f := definition.Fields[i]
			composite := w.schema.Types[f.Type.Name()].Kind == ast.InputObject
			if !f.Type.NonNull && (!oneOf && !w.chance(20) || composite && depth == 0) {
				continue
			}
			members[f.Name] = w.value(f.Name, f.Type, depth-1)
			if oneOf && w.chance(95) {
				break
			}
		}
		return members
	}
	panic(t.Name() + " is no input")
}

func (w *writing) scalar(of, typeName string) any {
	pick := func(values ...any) any { return values[w.IntN(len(values))] }
	switch typeName {
	case "Int":
		if w.chance(90) {
			return pick(0, 1, 2, 3, 5, 30)
		}
		return pick(-1, 101, 20_000)
	case "Boolean":
		return w.chance(50)
	case "ID":
		if w.chance(10) {
			return pick("0", "x", "")
		}
		names := []string{"OTHER", "OWNER", "INACTIVE", "ABOVE", "SHELF", "BELOW", "PUBLISHED", "HIDDEN", "ABANDONED", "EVENT"}
		return w.scene.ids[names[w.IntN(len(names))]]
	case "DateTime":
		return pick("2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "yesterday")
	case "Decimal":
		return pick("0", "2.50", "18", "100.001", "x")
	}
	switch of {
	case "after", "before":
		if w.chance(80) {
			return w.cursors[w.IntN(len(w.cursors))]
		}
	case "search", "contains", "startsWith":
		return pick("ch", "Published", "e a", "", "  ", "ü")
	case "slug", "categorySlug", "sku", "username", "eq":
		return pick("chai", "beverages", "P-1", "published", "owner", "nobody", "Above")
	}
	return pick("x", "", "\"\\\n\u0001€")
}

// asLiteral is a value as a document has it.
func asLiteral(value any) string {
	switch value := value.(type) {
	case map[string]any:
		var parts []string
		for member, v := range value {
			parts = append(parts, member+": "+asLiteral(v))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, v := range value {
			parts = append(parts, asLiteral(v))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case name:
		return string(value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// asVariable is a value as variables have it once they are decoded.
func asVariable(value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := map[string]any{}
		for member, v := range value {
			members[member] = asVariable(v)
		}
		return members
	case []any:
		items := []any{}
		for _, v := range value {
			items = append(items, asVariable(v))
		}
		return items
	case name:
		return string(value)
	case int:
		return json.Number(strconv.Itoa(value))
	}
	return value
}
