package graph_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/gatehouse/gatehouse/graph"
)

// fieldsFile says what everybody gets to see of every field of every type.
const fieldsFile = "testdata/fields.txt"

// TestFields asks for every field of every type, as everybody who may ask, and compares what comes of it with the
// table in fieldsFile. A field that was forgotten there fails. (Who may ask for the fields of Query and Mutation
// is TestGuards' and permissions.txtar's. What only a subscription tells is for a test of its own.)
func TestFields(t *testing.T) {
	schema := graph.Schema()
	s := newScene(t)
	reached := map[string]bool{} // types that some query leads to
	for _, section := range readSections(t) {
		t.Run(section.query, func(t *testing.T) {
			of, path := section.target(t, schema)
			reached[of.Name] = true
			section.complete(t, of)
			query := section.ask(schema, of)
			for _, who := range s.everybody {
				turn := s.turn(t, who)
				reply := s.ask(turn.expand(query), nil, turn.bearer)
				for _, code := range []string{"INTERNAL_SERVER_ERROR", "VALIDATION_FAILED", "PARSE_FAILED"} {
					if strings.Contains(reply, code) {
						t.Fatalf("%s asks %s: %s", who, query, reply)
					}
				}
				section.compare(t, turn, follow(t, reply, path))
			}
		})
	}
	for name, def := range schema.Types {
		if def.Kind != ast.Object || def.BuiltIn || reached[name] {
			continue
		}
		leads := leadingTo(schema, name)
		switch isRoot := def == schema.Query || def == schema.Mutation || def == schema.Subscription; {
		case isRoot:
		case leads[schema.Query.Name] || leads[schema.Mutation.Name]:
			t.Errorf("graph/%s has no query that leads to a %s: add one, with … in the place of its fields, and below it a line for each of %s",
				fieldsFile, name, strings.Join(fieldNames(def), ", "))
		default:
			for _, subscription := range untested(schema, name) {
				t.Errorf("no test shows what everybody sees of a %s: name one for %s in subscriptions, in ways_test.go", name, subscription)
			}
		}
	}
}

// section is a query that leads to an object, and what everybody sees of the fields of that.
type section struct {
	query string // with … in the place of the fields
	rows  []fieldRow
}

// fieldRow is a field, its value, and what each viewer sees of it.
type fieldRow struct {
	field, value string
	sees         map[string]string // = is the value, - that the object itself is not there
}

func readSections(t *testing.T) (sections []section) {
	t.Helper()
	text, err := os.ReadFile(fieldsFile)
	if err != nil {
		t.Fatal(err)
	}
	var viewers []string
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		cells := regexp.MustCompile(`\s{2,}`).Split(line, -1)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case viewers == nil:
			viewers = cells[2:]
		case strings.Contains(line, "…"):
			sections = append(sections, section{query: line})
		case len(cells) != len(viewers)+2:
			t.Fatalf("%s: %q has %d cells for %d viewers", fieldsFile, line, len(cells)-2, len(viewers))
		default:
			row := fieldRow{field: cells[0], value: cells[1], sees: map[string]string{}}
			for i, who := range viewers {
				row.sees[who] = cells[i+2]
			}
			last := &sections[len(sections)-1]
			last.rows = append(last.rows, row)
		}
	}
	return sections
}

// target is the type that the section's query leads to, and the way there in the answer.
func (s section) target(t *testing.T, schema *ast.Schema) (of *ast.Definition, path []string) {
	t.Helper()
	document, err := parser.ParseQuery(&ast.Source{Input: strings.Replace(s.query, "…", "here", 1)})
	if err != nil {
		t.Fatalf("%s: %s: %v", fieldsFile, s.query, err)
	}
	operation := document.Operations[0]
	of = schema.Query
	if operation.Operation == ast.Mutation {
		of = schema.Mutation
	}
	for set := operation.SelectionSet; ; {
		switch selection := set[0].(type) {
		case *ast.Field:
			if selection.Name == "here" {
				return of, path
			}
			definition := of.Fields.ForName(selection.Name)
			if definition == nil {
				t.Fatalf("%s: %s has no field %s", fieldsFile, of.Name, selection.Name)
			}
			of, path, set = schema.Types[definition.Type.Name()], append(path, selection.Alias), selection.SelectionSet
		case *ast.InlineFragment:
			of, set = schema.Types[selection.TypeCondition], selection.SelectionSet
		}
	}
}

// complete wants a row for each field of the type, and for nothing else.
func (s section) complete(t *testing.T, of *ast.Definition) {
	t.Helper()
	names := fieldNames(of)
	for _, name := range names {
		if !slices.ContainsFunc(s.rows, func(row fieldRow) bool { return row.field == name }) {
			t.Errorf("graph/%s says nothing of %s.%s: add a line for it below %s", fieldsFile, of.Name, name, s.query)
		}
	}
	seen := map[string]bool{}
	for _, row := range s.rows {
		if seen[row.field] || !slices.Contains(names, row.field) {
			t.Errorf("graph/%s, below %s: there is no field %s, or it is there twice", fieldsFile, s.query, row.field)
		}
		seen[row.field] = true
		somebody := false
		for _, sees := range row.sees {
			somebody = somebody || sees == "="
		}
		if !somebody {
			t.Errorf("graph/%s, below %s: nobody sees the %s", fieldsFile, s.query, row.field)
		}
	}
}

func fieldNames(of *ast.Definition) (names []string) {
	for _, field := range of.Fields {
		if !strings.HasPrefix(field.Name, "__") {
			names = append(names, field.Name)
		}
	}
	return names
}

// ask is the section's query for all fields of the type: of another Node its id, and of any other object that it is
// there, as its fields have a section of their own.
func (s section) ask(schema *ast.Schema, of *ast.Definition) string {
	var fields []string
	for _, name := range fieldNames(of) {
		field := of.Fields.ForName(name)
		text := call(schema, field)
		switch target := schema.Types[field.Type.Name()]; {
		case target.Kind != ast.Object:
		case slices.Contains(target.Interfaces, "Node"):
			text += " { id }"
		default:
			text += " { __typename }"
		}
		fields = append(fields, text)
	}
	return strings.Replace(s.query, "…", strings.Join(fields, " "), 1)
}

// follow is the object at the end of a way through an answer, which knows no lists but of one; nil where the
// way ends before.
func follow(t *testing.T, reply string, path []string) map[string]any {
	t.Helper()
	var answer map[string]any
	if err := json.Unmarshal([]byte(reply), &answer); err != nil {
		t.Fatal(err)
	}
	at := answer["data"]
	for _, step := range append(path, "") {
		if list, isList := at.([]any); isList {
			if len(list) > 1 {
				t.Fatalf("several objects: %s", reply)
			}
			at = nil
			if len(list) == 1 {
				at = list[0]
			}
		}
		object, _ := at.(map[string]any)
		if step == "" || object == nil {
			return object
		}
		at = object[step]
	}
	return nil
}

// compare compares what somebody sees with what they are to see.
func (s section) compare(t *testing.T, turn *turn, object map[string]any) {
	t.Helper()
	for _, row := range s.rows {
		sees := row.sees[turn.who]
		if sees == "=" {
			sees = row.value
		}
		if sees == "-" || object == nil {
			if sees != "-" || object != nil {
				t.Errorf("%s sees %v, want the %s to be %s", turn.who, object, row.field, sees)
			}
			continue
		}
		var want any
		if err := json.Unmarshal([]byte(turn.expand(sees)), &want); err != nil {
			t.Fatalf("%s: %s is no JSON: %v", fieldsFile, sees, err)
		}
		if got, there := object[row.field]; !there || !alike(want, told(got)) {
			t.Errorf("%s sees %s: %s, want %s", turn.who, row.field, written(told(got)), written(want))
		}
	}
}

// told is a value as the table tells it: an object is told by its id or, if it has none, by the name of its type.
func told(value any) any {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = told(item)
		}
		return list
	case map[string]any:
		if id, ok := value["id"]; ok {
			return id
		}
		return value["__typename"]
	}
	return value
}

// alike compares what was told; "*" is like anything but null.
func alike(want, got any) bool {
	if list, isList := want.([]any); isList {
		items, ok := got.([]any)
		return ok && slices.EqualFunc(list, items, alike)
	}
	return want == "*" && got != nil || want == got
}

func written(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
