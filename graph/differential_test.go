package graph_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/auth"
)

// documents is how many random documents TestPlansAnswerAsGqlgenDoes asks; -documents says otherwise.
var documents = flag.Int("documents", 3000, "how many random documents are asked")

// TestPlansAnswerAsGqlgenDoes asks random documents of an API whose answers plans write, and of one whose answers gqlgen
// writes, and wants the same bytes.
func TestPlansAnswerAsGqlgenDoes(t *testing.T) {
	var byPlan, byGqlgen atomic.Int64 // fields at the root are resolved side by side
	a := newRivals(t, func(compiled bool) {
		if compiled {
			byPlan.Add(1)
		} else {
			byGqlgen.Add(1)
		}
	})
	seed := rand.Uint64()
	t.Logf("the seed is %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	data, errors := 0, 0
	for i := range *documents {
		if i%1000 == 0 {
			a.signInAll()
		}
		asked := newDocument(random, a.scene, a.cursors)
		who := a.headers[random.IntN(len(a.headers))]
		// Twice, so that a plan is also used again; with other variables, so that it is not when it must not.
		for range 2 {
			want, got := a.answer(a.interpreted, asked, who), a.answer(a.compiled, asked, who)
			if want != got {
				t.Fatalf("%s\nwith %v as %.20q\ngqlgen: %s\n  plan: %s", asked.text, asked.variables, who, want, got)
			}
			if want[:8] == `{"data":` {
				data++
			} else {
				errors++
			}
			asked.redraw(random)
		}
	}
	t.Logf("%d answers, and %d with errors; of the fields at the root plans wrote %d, and gqlgen %d", data, errors, byPlan.Load(), byGqlgen.Load())
	if data < *documents || errors < *documents/20 {
		t.Error("the documents are not worth asking")
	}
	if byPlan.Load() < 4*byGqlgen.Load() {
		t.Error("plans write less than they are to")
	}
	if strings.Contains(a.log.String(), "a plan failed") {
		t.Errorf("plans failed:\n%s", a.log)
	}
}

// rivals are two APIs over the same database, which differ in who writes their answers.
type rivals struct {
	*scene
	compiled, interpreted graphql.GraphExecutor
	headers               []string // of those who ask
	cursors               []string // of lists of products
}

func newRivals(t *testing.T, told func(compiled bool)) *rivals {
	t.Helper()
	r := &rivals{}
	unlimited := graph.Limits{
		Tokens: 1 << 20, Depth: 1 << 10, Aliases: 1 << 20, Directives: 1 << 20, RootFields: 1 << 10,
		CredentialMutations: 1 << 10, Complexity: 1 << 30, RequestErrors: 5,
	}
	r.scene = newScene(t, func(s *graph.Settings) {
		s.Limits = unlimited
		interpreted := *s
		interpreted.Interpreted = true
		r.interpreted = graph.New(interpreted)
		s.Answered = told
		r.compiled = graph.New(*s)
	})
	for _, order := range []string{"NAME", "PRICE", "STOCK", "CREATED_AT"} {
		reply := r.ask(`{ products(first: 50, orderBy: [{field: `+order+`}]) { edges { cursor } } }`, nil, "")
		for _, cursor := range regexp.MustCompile(`"cursor":"([^"]+)"`).FindAllStringSubmatch(reply, -1) {
			r.cursors = append(r.cursors, cursor[1])
		}
	}
	if len(r.cursors) < 100 {
		t.Fatal("there are no cursors")
	}
	return r
}

// signInAll signs in anew whoever asks: tokens expire.
func (r *rivals) signInAll() {
	r.t.Helper()
	r.headers = []string{"", "Bearer " + r.inactive, "Bearer x.y.z"}
	for _, name := range []string{"other", "owner", "staff", "staff"} {
		r.headers = append(r.headers, "Bearer "+r.obtain(name))
	}
}

// answer is the whole answer to a document, as JSON.
func (r *rivals) answer(by graphql.GraphExecutor, asked *document, authorization string) string {
	r.t.Helper()
	ctx := auth.WithAuthorization(context.Background(), authorization, r.accounts.Authenticate)
	ctx = graphql.StartOperationTrace(ctx)
	op, refused := by.CreateOperationContext(ctx, &graphql.RawParams{Query: asked.text, Variables: asked.variables})
	var response *graphql.Response
	if refused != nil {
		response = by.DispatchError(graphql.WithOperationContext(ctx, op), refused)
	} else {
		responses, ctx := by.DispatchOperation(ctx, op)
		response = responses(ctx)
	}
	// Errors come in whatever order the goroutines have that gqlgen resolves fields in.
	slices.SortFunc(response.Errors, func(a, b *gqlerror.Error) int { return strings.Compare(a.Error(), b.Error()) })
	text, err := json.Marshal(response)
	if err != nil {
		r.t.Fatal(err)
	}
	if len(response.Errors) > 0 {
		return "with errors: " + string(text)
	}
	return fmt.Sprintf(`{"data":%s}`, response.Data)
}
