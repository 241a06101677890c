package graph

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph/compiled"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/scratch"
)

// bytesPerStep is what a step of a plan takes, with what belongs to it.
const bytesPerStep = 200

// plans are those that were made for a document, which is kept with them: for each field at the root of an operation, and
// each way in which the variables may include fields. It has room for as many as were reckoned when the document was kept.
type plans struct {
	conditions []string // variables that decide what is included

	mu   sync.RWMutex
	made map[planKey]*compiled.Plan // nil: there is none
	left int                        // steps that there is room for
}

// planKey is what a plan is for.
type planKey struct {
	operation *ast.OperationDefinition
	field     string // its response key
	included  uint64 // the values of the conditions, a bit each
}

// maxConditions is how many variables may decide what is included: the bits of planKey.
const maxConditions = 64

func newPlans(doc *ast.QueryDocument, room int) *plans {
	return &plans{conditions: conditions(doc), made: map[planKey]*compiled.Plan{}, left: room}
}

// conditions are the variables that @skip and @include of a document name, each once.
func conditions(doc *ast.QueryDocument) (names []string) {
	seen := map[string]bool{}
	note := func(directives ast.DirectiveList) {
		for _, directive := range directives {
			for _, argument := range directive.Arguments {
				if name := argument.Value.Raw; argument.Value.Kind == ast.Variable && !seen[name] {
					seen[name] = true
					names = append(names, name)
				}
			}
		}
	}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				note(s.Directives)
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				note(s.Directives)
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				note(s.Directives)
			}
		}
	}
	for _, operation := range doc.Operations {
		walk(operation.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		walk(fragment.SelectionSet)
	}
	return names
}

// key is what the plan of a root field is kept under. It is false where that cannot be told.
func (p *plans) key(op *graphql.OperationContext, field string) (planKey, bool) {
	key := planKey{operation: op.Operation, field: field}
	if len(p.conditions) > maxConditions {
		return key, false
	}
	for i, name := range p.conditions {
		value, given := op.Variables[name]
		if !given { // it is another operation's, and includes nothing here
			continue
		}
		included, ok := value.(bool)
		if !ok {
			return key, false
		}
		if included {
			key.included |= 1 << i
		}
	}
	return key, true
}

// of is the plan of a root field, or nil.
func (p *plans) of(c *compiled.Compiler, op *graphql.OperationContext, rootType string, field graphql.CollectedField) *compiled.Plan {
	key, ok := p.key(op, field.Alias)
	if !ok {
		return nil
	}
	p.mu.RLock()
	plan, known := p.made[key]
	full := p.left <= 0
	p.mu.RUnlock()
	if known || full {
		return plan
	}
	plan = c.Compile(op, rootType, field)
	p.mu.Lock()
	defer p.mu.Unlock()
	if known, ok := p.made[key]; ok {
		return known
	}
	steps := 1
	if plan != nil {
		steps += plan.Steps()
	}
	if steps > p.left { // it is not to be made each time
		plan, steps = nil, 1
	}
	p.left -= steps
	p.made[key] = plan
	return plan
}

// compiledAnswers has the fields of Query and Mutation answered by plans, where there is one.
type compiledAnswers struct {
	compiler *compiled.Compiler
	log      *slog.Logger
	told     func(byPlan bool) // of each such field that was answered without an error; nil: nobody is
	texts    scratch.Pool
}

// aroundField resolves a field, and has it written by its plan. Whatever has no plan, and whatever its plan does not write,
// gqlgen writes.
func (c *compiledAnswers) aroundField(ctx context.Context, next graphql.Resolver) (any, error) {
	fc := graphql.GetFieldContext(ctx)
	if fc.Object != "Query" && fc.Object != "Mutation" {
		return next(ctx)
	}
	plan := c.plan(ctx, fc)
	if plan != nil {
		ctx = catalog.Directly(context.WithValue(ctx, planContextKey{}, plan))
	}
	result, err := next(ctx)
	if err != nil || result == nil {
		return result, err
	}
	if plan == nil {
		c.tell(false)
		return result, nil
	}
	text := c.texts.Take()
	answer, err := plan.Append(ctx, text.Bytes, fc, result)
	c.tell(err == nil)
	if err == nil {
		text.Bytes = answer
		return &written{text: text, of: &c.texts}, nil
	}
	c.texts.Give(text)
	if !errors.Is(err, compiled.ErrGivenUp) {
		c.log.ErrorContext(ctx, "a plan failed, and gqlgen answers", "error", err)
	}
	return result, nil
}

func (c *compiledAnswers) tell(byPlan bool) {
	if c.told != nil {
		c.told(byPlan)
	}
}

func (c *compiledAnswers) plan(ctx context.Context, fc *graphql.FieldContext) *compiled.Plan {
	op := graphql.GetOperationContext(ctx)
	read, _ := op.Stats.GetExtension(documentExtension).(*document)
	if read == nil {
		return nil
	}
	return read.plans.of(c.compiler, op, fc.Object, fc.Field)
}

// planContextKey is where the context of a field that is being resolved has its plan.
type planContextKey struct{}

// selectedByPlan are the fields selected below one, for one of the types that it may answer, as far as a plan knows them.
func selectedByPlan(ctx context.Context, field *ast.Field, typeName string) (page.Fields, bool) {
	plan, _ := ctx.Value(planContextKey{}).(*compiled.Plan)
	if plan == nil || !plan.Of(field) {
		return nil, false
	}
	return plan.Selected(typeName), true
}
