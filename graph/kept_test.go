package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/kept"
	"github.com/gatehouse/gatehouse/internal/persisted"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// twins are the same API twice, of which one keeps answers.
type twins struct {
	*api
	without, with http.Handler
	told          []string // what observers were told
	answers       *transport.Answers
}

func newTwins(t *testing.T, change ...func(*transport.Settings)) *twins {
	t.Helper()
	w := &twins{}
	documents, err := persisted.New(persisted.Settings{Register: true})
	if err != nil {
		t.Fatal(err)
	}
	var settings graph.Settings
	w.api = newAPI(t, func(s *graph.Settings) {
		s.Documents = documents
		settings = *s
	})
	w.db.Editions.Hears(true) // also where there is nobody else to hear of
	w.answers = transport.NewAnswers(1<<20, w.db.Editions.Now, graph.Public)
	executor := graph.New(settings)
	twin := func(answers *transport.Answers) http.Handler {
		s := transport.Settings{
			Executor: executor, MaxBody: 1 << 20, Log: slog.New(slog.DiscardHandler), Timeout: time.Minute, Now: time.Now,
			Pace: transport.DefaultPace(), Answers: answers, Observer: w,
		}
		for _, f := range change {
			f(&s)
		}
		return auth.Middleware(w.accounts.Authenticate, nil)(transport.New(s))
	}
	w.without, w.with = twin(nil), twin(w.answers)
	return w
}

// twins are an observer that notes what it is told.

func (w *twins) Asked(ctx context.Context, _ *transport.Exchange, _ http.Header) context.Context {
	return ctx
}
func (w *twins) Begun(context.Context, *transport.Exchange) {}
func (w *twins) Ended(_ context.Context, x *transport.Exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, fmt.Sprint(x.Over, x.Method, x.Operation, x.Name, x.Complexity, x.Status, x.Codes, x.Outcome()))
}

// reply is all of an answer, and of what observers were told.
func (w *twins) reply(of http.Handler, r *http.Request) string {
	w.told = nil
	recorder := httptest.NewRecorder()
	of.ServeHTTP(recorder, r)
	text := fmt.Sprintln(recorder.Code)
	for _, name := range slices.Sorted(maps.Keys(recorder.Header())) {
		text += fmt.Sprintln(name, recorder.Header()[name])
	}
	return text + recorder.Body.String() + fmt.Sprint(w.told)
}

type question struct {
	name, body, address string
	header              http.Header
}

func (q question) request() *http.Request {
	method, target := http.MethodPost, "/graphql"
	if q.address != "" {
		method, target = http.MethodGet, "/graphql?"+q.address
	}
	r := httptest.NewRequest(method, target, strings.NewReader(q.body))
	r.Header.Set("Content-Type", "application/json")
	maps.Copy(r.Header, q.header)
	return r
}

func body(t *testing.T, members map[string]any) string {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Whether answers are kept is not to be noticed, by anything but the time that it takes: not by clients, nor observers. What may
// not be kept is executed each time.
func TestKeptAnswersAreTheSame(t *testing.T) {
	const list = `query List($n: Int) { products(first: $n) { totalCount nodes { name price viewerCanEdit owner { id } category { name } } } }`
	for name, change := range map[string]func(*transport.Settings){
		"legacy": func(*transport.Settings) {},
		"spec":   func(s *transport.Settings) { s.SpecStatus, s.PublicMaxAge = true, time.Minute },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTwins(t, change)
			ada := w.signIn("ada")
			ask := func(query string) string { return body(t, map[string]any{"query": query}) }
			hash := `{"persistedQuery":{"version":1,"sha256Hash":"ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"}}`
			for _, tt := range []struct {
				question
				kept bool
			}{
				{question{name: "a list", body: body(t, map[string]any{"query": list, "variables": map[string]any{"n": 3}})}, true},
				{question{name: "with other variables", body: body(t, map[string]any{"query": list, "variables": map[string]any{"n": 2}})}, true},
				{question{name: "by name", body: body(t, map[string]any{"query": list + " query Me { me { id } }", "operationName": "List"})}, true},
				{question{name: "the other by name", body: body(t, map[string]any{"query": list + " query Me { me { id } }", "operationName": "Me"})}, false},
				{question{name: "no name of two", body: body(t, map[string]any{"query": list + " query Me { me { id } }"})}, false},
				{question{name: "a product", body: ask(`{ product(by: {slug: "chai"}) { name } }`)}, true},
				{question{name: "none", body: ask(`{ product(by: {slug: "none"}) { name } }`)}, true},
				{question{name: "categories", body: ask(`{ categories { nodes { name products(first: 2) { totalCount nodes { name } } } } }`)}, true},
				{question{name: "a category", body: ask(`{ category(by: {slug: "beverages"}) { name } __typename }`)}, true},
				{question{name: "escapes", body: ask(`{ products(search: "<é\u2028>") { totalCount } }`)}, true},
				{question{name: "by GET", address: "query=" + url.QueryEscape(`{products(first:1){nodes{name}}}`)}, true},
				{question{name: "had already", address: "query=" + url.QueryEscape(`{products(first:1){nodes{name}}}`), header: http.Header{"If-None-Match": {"*"}}}, true},
				{question{name: "of the other type", address: "query={__typename}", header: http.Header{"Accept": {"application/graphql-response+json"}}}, true},
				{question{name: "of any type", address: "query={__typename}", header: http.Header{"Accept": {"application/json"}}}, true},
				{question{name: "a fragment", body: ask(`{ ...Q } fragment Q on Query { products(first: 1) { nodes { slug } } }`)}, true},
				{question{name: "me, if it is asked", body: ask(`{ __typename me @skip(if: true) { id } }`)}, true},

				{question{name: "me", body: ask(`{ me { id } }`)}, false},
				{question{name: "me beside it", body: ask(`{ products(first: 1) { nodes { name } } me { id } }`)}, false},
				{question{name: "a node", body: ask(`{ node(id: "8589934593") { id } }`)}, false},
				{question{name: "introspection", body: ask(`{ __schema { queryType { name } } }`)}, false},
				{question{name: "an error", body: ask(`{ products(first: 1000) { nodes { name } } }`)}, false},
				{question{name: "an error beside it", body: ask(`{ a: products(after: "x") { totalCount } __typename }`)}, false},
				{question{name: "not valid", body: ask(`{ nothing }`)}, false},
				{question{name: "no JSON", body: `{`}, false},
				{question{name: "no query", body: `{}`}, false},
				{question{name: "costs", body: body(t, map[string]any{"query": "{ __typename }", "extensions": map[string]any{"cost": true}})}, false},
				{question{name: "no costs", body: body(t, map[string]any{"query": "{ __typename }", "extensions": map[string]any{"cost": false}})}, true},
				{question{name: "a registration", body: `{"query":"{__typename}","extensions":` + hash + `}`}, false},
				{question{name: "what was registered", body: `{"extensions":` + hash + `}`}, true},
				{question{name: "a mutation", body: ask(`mutation { logout { errors { code } } }`)}, false},
				{question{name: "a mutation by GET", address: "query=mutation{logout{errors{code}}}"}, false},
				{question{name: "events", body: ask(`{ __typename }`), header: http.Header{"Accept": {"text/event-stream"}}}, false},
				{question{name: "another type", body: ask(`{ __typename }`), header: http.Header{"Content-Type": {"text/plain"}}}, false},
				{question{name: "a viewer", body: ask(`{ products(first: 1) { nodes { viewerCanEdit } } }`), header: http.Header{"Authorization": {"Bearer " + ada}}}, false},
				{question{name: "a token that does not serve", body: ask(`{ products(first: 1) { nodes { name } } }`), header: http.Header{"Authorization": {"Bearer x"}}}, false},
				{question{name: "another scheme", body: ask(`{ products(first: 1) { nodes { name } } }`), header: http.Header{"Authorization": {"Basic x"}}}, false},
				{question{name: "a blank", body: ask(`{ products(first: 1) { nodes { name } } }`), header: http.Header{"Authorization": {" "}}}, false},
				{question{name: "two that are empty", body: ask(`{ products(first: 1) { nodes { name } } }`), header: http.Header{"Authorization": {"", ""}}}, false},
			} {
				r := tt.request
				want := w.reply(w.without, r())
				for i := range 3 {
					before := w.answers.Figures()
					if got := w.reply(w.with, r()); got != want {
						t.Errorf("%s, time %d:\n%s\nwithout a cache:\n%s", tt.name, i, got, want)
					}
					hit := w.answers.Figures().Hits > before.Hits
					if i > 0 && hit != tt.kept {
						t.Errorf("%s: it was kept %v, want %v", tt.name, hit, tt.kept)
					}
				}
			}
			if f := w.answers.Figures(); f.Bytes == 0 {
				t.Errorf("figures %+v", f)
			}
		})
	}
}

// The parts of a request cannot be shifted so that one is answered with what another was: neither from the body of one to the address of
// another.
func TestKeptAnswersAreNotConfused(t *testing.T) {
	w := newTwins(t)
	for _, q := range []question{
		{body: `{"query":"{products(first:1){nodes{name}}}"}`},
		{body: `{"query":"{products(first:1){nodes{slug}}}"}`},
		{address: "query={__typename}"},
		{address: "query={__typename}&x=y"},
		{address: "query={a:__typename}"},
		{body: `query={__typename}`},
		{body: `Pquery={__typename}`},
		{address: `{"query":"{products(first:1){nodes{name}}}"}`},
		{body: `{"query":"{a:__typename}","query":"{b:__typename}"}`},
		{body: `{"query":"{b:__typename}","query":"{a:__typename}"}`},
	} {
		want := w.reply(w.without, q.request())
		for range 2 {
			if got := w.reply(w.with, q.request()); got != want {
				t.Errorf("%+v:\n%s\nwant\n%s", q, got, want)
			}
		}
	}
}

// Whoever was told that something is written reads it at once, as anybody, whatever others read and write meanwhile.
func TestKeptAnswersAreNeverOfBefore(t *testing.T) {
	w := newTwins(t)
	root := w.staff("root")
	server := httptest.NewServer(w.with)
	defer server.Close()
	ask := func(query, bearer string) string {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body(t, map[string]any{"query": query})))
		r.Header.Set("Content-Type", "application/json")
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Error(err)
			return ""
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	const one = `{ product(by: {slug: "%s"}) { name stock } products(first: 1, where: {sku: {eq: "%s"}}) { totalCount nodes { stock } } }`
	done, stop := context.WithCancel(t.Context())
	var writers, readers sync.WaitGroup
	for n := range 6 {
		slug := fmt.Sprint("item-", n)
		query := fmt.Sprintf(one, slug, slug)
		for range 2 {
			readers.Go(func() {
				for done.Err() == nil {
					ask(query, "")
				}
			})
		}
		writers.Go(func() {
			made := ask(fmt.Sprintf(`mutation { productCreate(input: {name: "Item", slug: %q, sku: %q, price: 1, category: "8589934593"}) { product { id } errors { code } } }`, slug, slug), root)
			_, rest, _ := strings.Cut(made, `"id":"`)
			id, _, _ := strings.Cut(rest, `"`)
			for stock := 1; stock <= 25; stock++ {
				if told := ask(fmt.Sprintf(`mutation { productUpdate(id: %q, input: {stock: %d}) { errors { code } } }`, id, stock), root); !strings.Contains(told, `"errors":[]`) {
					t.Errorf("%s", told)
				}
				want := fmt.Sprintf(`{"data":{"product":{"name":"Item","stock":%d},"products":{"totalCount":1,"nodes":[{"stock":%d}]}}}`, stock, stock)
				if got := strings.TrimSpace(ask(query, "")); got != want {
					t.Errorf("%s after it was %d", got, stock)
				}
			}
			ask(fmt.Sprintf(`mutation { productDelete(id: %q) { errors { code } } }`, id), root)
			if got := strings.TrimSpace(ask(query, "")); got != `{"data":{"product":null,"products":{"totalCount":0,"nodes":[]}}}` {
				t.Errorf("%s after it was deleted", got)
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	if f := w.answers.Figures(); f.Hits == 0 {
		t.Errorf("figures %+v: nothing was kept at all", f)
	}
}

// Without an edition nothing is kept.
func TestNoAnswersAreKeptWithoutAnEdition(t *testing.T) {
	w := newTwins(t)
	w.db.Editions.Hears(false)
	q := question{body: `{"query":"{__typename}"}`}
	for range 2 {
		w.reply(w.with, q.request())
	}
	if f := w.answers.Figures(); f != (kept.Figures{Misses: 2}) {
		t.Errorf("figures %+v", f)
	}
}
