package transport

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/kept"
)

// Answers keeps answers that are the same for everybody, and gives them to all who ask for the same at once. Make it with
// NewAnswers.
//
// It knows requests by their bytes: what is made of them (the document, its limits, whether it may be executed) is
// a matter of the server's settings, and so the same each time. Headers do not matter: a request with one that says who asks
// has no part in this, and all that others change is how an answer is told, not which.
type Answers struct {
	public func(*graphql.OperationContext) bool
	store  *kept.Store[published]
}

// leastAnswer is about how many bytes the smallest entry takes.
const leastAnswer = 512

// NewAnswers keeps so many bytes of answers, each for as long as the edition is the same of what they tell. Public says of
// an operation that is to be executed for an anonymous viewer whether its answer depends on nothing but that.
func NewAnswers(bytes int, edition kept.Edition, public func(*graphql.OperationContext) bool) *Answers {
	return &Answers{public: public, store: kept.New[published](max(1, bytes/leastAnswer), bytes, edition)}
}

// Figures may be asked for at any time; without Answers they are zero.
func (a *Answers) Figures() kept.Figures {
	if a == nil {
		return kept.Figures{}
	}
	return a.store.Figures()
}

// published is an answer, and what is told of its operation to who observes.
type published struct {
	answer     *answer // nil: the time was up before there was one
	name       string
	complexity int
}

// key is what the answer to a request may be known by; empty: by nothing.
func (a *Answers) key(ctx context.Context, asked received, media string) string {
	if a == nil || media == mediaEvents || !auth.Anonymous(ctx) {
		return ""
	}
	if asked.address != nil {
		return "G" + asked.address.RawQuery
	}
	return "P" + string(asked.body)
}

// find is the answer that is kept under a key; nil: there is none.
func (a *Answers) find(key string, x *Exchange) *answer {
	if key == "" {
		return nil
	}
	p, ok := a.store.Get(key)
	if !ok {
		return nil
	}
	x.Operation, x.Name, x.Complexity = ast.Query, p.name, p.complexity
	return p.answer
}

// edition is the edition of a request that is about to be understood. What has to be understood anew from some moment on (which
// documents are trusted, say) has another edition begin.
func (a *Answers) edition(key string) uint64 {
	if key == "" {
		return 0
	}
	number, _ := a.store.Edition()
	return number
}

// keeps says whether the answer to an operation may be kept under a key. The answer to a request that has its document
// registered is not: then each has to be understood.
func (a *Answers) keeps(key string, op *graphql.OperationContext, registers bool) bool {
	return key != "" && !registers && a.public(op)
}

// answerPublicly is the answer to a public operation, which is executed unless another request has it executed just now. It
// is nil when the time was up before, or nobody waits for it.
func (g *GraphQL) answerPublicly(ctx context.Context, x *Exchange, op *graphql.OperationContext, key string, edition uint64) *answer {
	p, err := g.Answers.store.Find(ctx, key, func(ctx context.Context) kept.Found[published] {
		p := published{name: strings.Clone(x.Name), complexity: x.Complexity}
		for a := range g.run(ctx, op, func() {}) {
			p.answer = &a
			break
		}
		found := p.found()
		if now, ok := g.Answers.store.Edition(); !ok || now != edition {
			found.Keep = false
		}
		return found
	})
	if err != nil {
		return nil
	}
	return p.answer
}

// found says whether others may be told the same: what was executed without an error, of which nothing is told beside. Its
// text is made once for all.
func (p published) found() kept.Found[published] {
	if p.answer == nil || p.answer.outcome != outcomeExecuted || len(p.answer.response.Errors) > 0 || len(p.answer.response.Extensions) > 0 {
		return kept.Found[published]{Value: p}
	}
	text, err := p.answer.response.body()
	if err != nil || !json.Valid(text) { // what is kept for others is looked at twice
		return kept.Found[published]{Value: p}
	}
	p.answer = &answer{outcomeExecuted, response{text: text}}
	return kept.Found[published]{Value: p, Bytes: len(text) + len(p.name), Keep: true}
}

// tellAtOnce tells an answer to a request that was executed.
func (g *GraphQL) tellAtOnce(w http.ResponseWriter, r *http.Request, x *Exchange, media string, a answer) {
	if isPublic(w, r, a) {
		g.writePublic(w, r, x, media, a.response)
		return
	}
	g.write(w, x, media, g.statusOf(a, media), a.response)
}
