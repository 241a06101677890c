package transport

import (
	"context"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/scratch"
)

// answer executes a request by HTTP and answers it at once (https://graphql.github.io/graphql-over-http/draft/).
func (g *GraphQL) answer(ctx context.Context, w http.ResponseWriter, r *http.Request, x *Exchange, media string, params *graphql.RawParams, key string) {
	registers := params.Query != "" && params.Extensions["persistedQuery"] != nil
	edition := g.Answers.edition(key)
	ctx, op, not := g.start(ctx, x, params)
	if not != nil {
		g.write(w, x, media, g.statusOf(*not, media), not.response)
		return
	}
	if why := unfit(r.Method, op.Operation.Operation); why != nil {
		g.refuse(w, x, media, why)
		return
	}
	if g.Answers.keeps(key, op, registers) {
		if answer := g.answerPublicly(ctx, x, op, key, edition); answer != nil {
			g.tellAtOnce(w, r, x, media, *answer)
			return
		}
	} else {
		for answer := range g.run(ctx, op, func() {}) {
			g.tellAtOnce(w, r, x, media, answer)
			return
		}
	}
	// The request's time was up before it ran, or the client is gone, and then nobody reads this.
	cause := context.Cause(ctx)
	if cause == nil { // the same time was up elsewhere, a moment before
		cause = context.DeadlineExceeded
	}
	late := answer{outcomeLate, g.present(ctx, cause)}
	g.write(w, x, media, g.statusOf(late, media), late.response)
}

// unfit is why an operation of that kind cannot be answered at once to a request of that method.
func unfit(method string, operation ast.Operation) *refusal {
	switch {
	case operation == ast.Subscription:
		return &refusal{status: http.StatusNotAcceptable, message: "A subscription is answered as events, to a request that accepts " + mediaEvents + ", or over WebSocket."}
	case operation == ast.Mutation && method == http.MethodGet:
		return mutationByGET
	}
	return nil
}

var mutationByGET = &refusal{status: http.StatusMethodNotAllowed, allow: http.MethodPost, message: "Send mutations by POST."}

// refuse answers a request that is no GraphQL request at all.
func (g *GraphQL) refuse(w http.ResponseWriter, x *Exchange, media string, why *refusal) {
	if media == mediaEvents { // there is nothing to wait for
		media = mediaJSON
	}
	if why.allow != "" {
		w.Header().Set("Allow", why.allow)
	}
	status := why.status
	if g.SpecStatus && why.specStatus != 0 {
		status = why.specStatus
	}
	g.write(w, x, media, status, refusedBy(why))
}

// write writes an answer. By the specification (section 5.1) only success is called plain JSON: what else is answered
// might come from anywhere, unless its media type says that it is GraphQL's.
func (g *GraphQL) write(w http.ResponseWriter, x *Exchange, media string, status int, answer response) {
	x.Status = status
	x.told(answer)
	if g.SpecStatus && status >= http.StatusMultipleChoices {
		media = mediaResponse
	}
	header := w.Header()
	header["Content-Type"] = contentType(media)
	header["Cache-Control"] = noStore // answers hold tokens, and depend on who asks
	header["X-Content-Type-Options"] = noSniff
	body, in, err := g.body(answer)
	if err == nil {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	if err == nil {
		_, err = w.Write(body)
	}
	if err != nil {
		g.Log.Debug("writing an answer", "error", err) // the client is gone
		return
	}
	if in != nil {
		g.bodies.Give(in)
	}
}

// body is the answer's. The memory that it is in, if that may be used for another, is the caller's to give back to bodies once it has
// been written, and not when that failed: with HTTP/2 somebody may read it still.
func (g *GraphQL) body(of response) (body []byte, in *scratch.Text, err error) {
	if of.text != nil { // which is kept for others
		return of.text, nil, nil
	}
	in = g.bodies.Take()
	in.Bytes, err = of.appendBody(in.Bytes)
	return in.Bytes, in, err
}

// vary says what answers depend on, beside what others have said: Origin, where CORS is allowed.
func vary(header http.Header) {
	if header["Vary"] == nil {
		header["Vary"] = varies
		return
	}
	header.Add("Vary", varies[0])
}

// Headers that every answer has. Nobody changes them: who adds to one makes another of it.
var (
	varies  = []string{"Accept, Authorization"}
	noStore = []string{"no-store"}
	noSniff = []string{"nosniff"}
	ofJSON  = []string{mediaJSON + "; charset=utf-8"}
)

// contentType is the header of an answer of that media type.
func contentType(media string) []string {
	if media == mediaJSON {
		return ofJSON
	}
	return []string{media + "; charset=utf-8"}
}
