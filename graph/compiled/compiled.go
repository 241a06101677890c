// Package compiled writes answers by plans. A plan is made once for what a client selected below a field, and writes
// the JSON of any number of answers: no goroutine, no context and no look-up for each field of each row, of which
// gqlgen's own way of writing is made.
//
// A plan writes an answer that has no errors, and is given up for any other: whoever wanted it then has gqlgen write
// the same result, which tells the errors with their paths. So nothing here decides what is right. To write an answer must
// therefore change nothing.
package compiled

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/page"
)

// Types are how the object types of a schema are written, by their names. The types Query and Mutation are among
// them: what their fields answer is given to the field itself.
type Types map[string]Type

// Type is how the fields of one object type are written, by their names.
type Type map[string]Field

// Field is how one field is written. The functions of this package make it.
type Field struct {
	write func(w *writer, s *step, of any) error
}

// Compiler makes plans for one schema.
type Compiler struct {
	Schema *ast.Schema
	Types  Types
	// TypeOf is the name of the object type of a value that an interface has: empty for a type it does not know.
	TypeOf func(value any) string
}

// Plan is how the answers of one field of Query or Mutation are written. It may be used by many at once.
type Plan struct {
	compiler *Compiler
	field    *ast.Field
	root     step
	selected map[string]page.Fields // by the type that the field answers
	steps    int
	called   int
	length   atomic.Int64 // of the last answer, as the next may be as long
}

// step is one field of a plan.
type step struct {
	key     string // the name of the member, as JSON, with its colon
	nonNull bool
	write   func(w *writer, s *step, of any) error
	below   []step            // of an object
	types   map[string][]step // of an interface: by the type that it turns out to be
	called  *called           // of a field with arguments, below the root
}

// called is a field with arguments. They are read once for all rows.
type called struct {
	number   int                      // among those of the plan
	way      []graphql.CollectedField // from the root to it, the root left out
	place    string                   // where it stands in the answer: the response keys, from the root
	selected page.Fields
}

// errNot says that there is no plan for a selection, or that the one there is does not write this answer.
var errNot = errors.New("not by a plan")

// maxSteps is how many fields a plan may have. Fragments may spread one another many times over. A field with a long name counts
// for several.
const maxSteps = 1000

// bytesPerStep is how much of a name goes with a step.
const bytesPerStep = 64

// Compile makes the plan of a field of the operation's root type. Its fields are those that the variables include. It
// answers nil for what cannot be written by a plan.
func (c *Compiler) Compile(op *graphql.OperationContext, rootType string, field graphql.CollectedField) *Plan {
	p := &planning{Compiler: c, op: op}
	root, err := p.step(rootType, field, nil)
	if err != nil {
		return nil
	}
	return &Plan{compiler: c, field: field.Field, root: root, selected: p.selectedIn(field), steps: p.steps, called: p.called}
}

// Of says whether the plan is that of a field of the document.
func (p *Plan) Of(field *ast.Field) bool { return p.field == field }

// Selected are the fields that were selected below the plan's, for one of the types that it may answer.
func (p *Plan) Selected(typeName string) page.Fields { return p.selected[typeName] }

// Steps is how many fields the plan has, which says how much memory it takes: some 200 bytes each.
func (p *Plan) Steps() int { return p.steps }

// planning is a plan being made.
type planning struct {
	*Compiler
	op            *graphql.OperationContext
	steps, called int
	abstract      int // interfaces above
}

func (p *planning) step(typeName string, field graphql.CollectedField, way []graphql.CollectedField) (step, error) {
	p.steps += 1 + len(field.Alias)/bytesPerStep
	if p.steps > maxSteps || len(field.Deferrables) > 0 {
		return step{}, errNot
	}
	made := step{key: string(appendText(nil, field.Alias)) + ":"}
	if field.Name == "__typename" {
		made.write = constant(typeName)
		return made, nil
	}
	how, known := p.Types[typeName][field.Name]
	if !known || field.Definition == nil {
		return step{}, errNot
	}
	made.write, made.nonNull = how.write, field.Definition.Type.NonNull
	way = append(way[:len(way):len(way)], field)
	takesArguments := len(field.Definition.Arguments) > 0 && len(way) > 1
	if takesArguments && p.abstract > 0 { // gqlgen tells nobody else what they are below an interface
		return step{}, errNot
	}
	if err := p.descend(&made, field, way); err != nil {
		return step{}, err
	}
	if takesArguments {
		made.called = &called{number: p.called, way: way[1:], place: place(way), selected: p.collect(field.Selections, field.Definition.Type.Name())}
		p.steps += len(made.called.place) / bytesPerStep
		p.called++
	}
	return made, nil
}

// descend plans what was selected below a field, for each type that it may answer.
func (p *planning) descend(above *step, field graphql.CollectedField, way []graphql.CollectedField) error {
	answered, err := p.answered(field)
	if err != nil {
		return err
	}
	if p.Schema.Types[field.Definition.Type.Name()].IsAbstractType() {
		p.abstract++
		defer func() { p.abstract-- }()
	}
	for _, object := range answered {
		steps, err := p.object(object, field.Selections, way)
		if err != nil {
			return err
		}
		if object.Name == field.Definition.Type.Name() {
			above.below = steps
			break
		}
		if above.types == nil {
			above.types = make(map[string][]step, len(answered))
		}
		above.types[object.Name] = steps
	}
	return nil
}

// answered are the object types that a field may answer: none for a scalar.
func (p *planning) answered(field graphql.CollectedField) ([]*ast.Definition, error) {
	definition := p.Schema.Types[field.Definition.Type.Name()]
	switch {
	case definition == nil:
		return nil, errNot
	case definition.Kind == ast.Object:
		return []*ast.Definition{definition}, nil
	case definition.IsAbstractType():
		return p.Schema.GetPossibleTypes(definition), nil
	}
	return nil, nil
}

func (p *planning) object(of *ast.Definition, selections ast.SelectionSet, way []graphql.CollectedField) ([]step, error) {
	fields := graphql.CollectFields(p.op, selections, implemented(of))
	steps := make([]step, len(fields))
	for i, field := range fields {
		var err error
		if steps[i], err = p.step(of.Name, field, way); err != nil {
			return nil, err
		}
	}
	return steps, nil
}

// selectedIn are the fields selected below one, for each type that it may answer.
func (p *planning) selectedIn(field graphql.CollectedField) map[string]page.Fields {
	answered, err := p.answered(field)
	if err != nil {
		return nil
	}
	selected := make(map[string]page.Fields, len(answered))
	for _, object := range answered {
		selected[object.Name] = p.collect(field.Selections, object.Name)
	}
	return selected
}

func (p *planning) collect(selections ast.SelectionSet, typeName string) page.Fields {
	return Collect(p.Schema, p.op, selections, typeName)
}

// Collect are the fields that an operation selects in an object of that type, with what it selects below them.
func Collect(schema *ast.Schema, op *graphql.OperationContext, selections ast.SelectionSet, typeName string) page.Fields {
	fields := page.Fields{}
	for _, f := range graphql.CollectFields(op, selections, implemented(schema.Types[typeName])) {
		below := page.Fields{}
		if f.Definition != nil && len(f.Selections) > 0 { // __typename has no definition
			below = Collect(schema, op, f.Selections, f.Definition.Type.Name())
		}
		fields.Add(f.Name, below)
	}
	return fields
}

// implemented are the names by which fragments may mean an object of that type.
func implemented(of *ast.Definition) []string {
	return append([]string{of.Name}, of.Interfaces...)
}

// place is where the last of the fields stands.
func place(way []graphql.CollectedField) string {
	keys := make([]string, len(way))
	for i, field := range way {
		keys[i] = field.Alias
	}
	return strings.Join(keys, ".")
}

const (
	// spare is how many bytes longer than the last an answer may be before it takes more memory.
	spare = 256
	// longest is for how many bytes there is room from the start at the most; with what is spare, memory of that size is used again.
	longest = 64<<10 - spare
)

// ErrGivenUp says that a plan does not write an answer: there is an error somewhere in it, or a null where none may be.
var ErrGivenUp = errors.New("the plan does not write this answer")

// Append appends the JSON of what the field answered, in the field's context. The error is ErrGivenUp, or says that writing it
// panicked; there is no text then.
func (p *Plan) Append(ctx context.Context, to []byte, fc *graphql.FieldContext, result any) (text []byte, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			text, err = nil, fmt.Errorf("writing %s by a plan: panic: %v\n%s", fc.Field.Name, panicked, debug.Stack())
		}
	}()
	w := &writer{ctx: ctx, compiler: p.compiler, field: fc, to: slices.Grow(to, int(p.length.Load())+spare)}
	if p.called > 0 {
		w.calls = make([]map[string]any, p.called)
	}
	if p.root.write(w, &p.root, result) != nil {
		return nil, ErrGivenUp
	}
	p.length.Store(min(int64(len(w.to)-len(to)), longest))
	return w.to, nil
}
