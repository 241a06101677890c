package graph_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/token"
)

// dictated is a Feed that tells what a test has it tell.
type dictated struct {
	catalog.Feed // which nothing is announced in
	next         func(ctx context.Context) (catalog.Change, error)

	mu   sync.Mutex
	open int // followers that are not closed
}

func (f *dictated) Follow(context.Context) (catalog.Follower, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open++
	return f, nil
}

func (f *dictated) Next(ctx context.Context) (catalog.Change, error) { return f.next(ctx) }

func (f *dictated) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
}

// wantClosed waits until nobody follows any more.
func (f *dictated) wantClosed(t *testing.T) {
	t.Helper()
	eventually(t, "nobody follows", func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.open == 0
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// streaming is an API over a feed, reached without a transport.
type streaming struct {
	*api
	feed   *dictated
	exec   graphql.GraphExecutor
	beside graph.Settings
	chai   *ent.Product // a published product
}

func newStreaming(t *testing.T, next func(ctx context.Context) (catalog.Change, error)) *streaming {
	t.Helper()
	s := &streaming{feed: &dictated{next: next}}
	s.api = newAPI(t, func(settings *graph.Settings) { s.beside = *settings })
	s.beside.Catalog = catalog.New(s.db, s.feed, time.Now)
	s.exec = graph.New(s.beside)
	var err error
	if s.chai, err = s.db.Read.Product.Query().Where(product.Slug("chai")).Only(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// touched is that the product was changed, and is where it was.
func (s *streaming) touched() catalog.Change {
	standing := &catalog.Standing{CategoryID: s.chai.CategoryID, IsPublished: true}
	return catalog.Change{ProductID: s.chai.ID, Before: standing, After: standing}
}

// begin begins an operation. What it answers is to be asked for answers in the context, as transports do.
func (s *streaming) begin(ctx context.Context, query string) (next func() *graphql.Response) {
	s.t.Helper()
	return s.ask(ctx, &graphql.RawParams{Query: query})
}

func (s *streaming) ask(ctx context.Context, request *graphql.RawParams) (next func() *graphql.Response) {
	s.t.Helper()
	ctx = graphql.StartOperationTrace(ctx)
	op, errs := s.exec.CreateOperationContext(ctx, request)
	if errs != nil {
		refused := s.exec.DispatchError(graphql.WithOperationContext(ctx, op), errs)
		return func() *graphql.Response { return refused }
	}
	responses, ctx := s.exec.DispatchOperation(ctx, op)
	return func() *graphql.Response { return responses(ctx) }
}

// wantResponse expects an answer.
func wantResponse(t *testing.T, got *graphql.Response, want string) {
	t.Helper()
	if got == nil {
		t.Fatalf("no answer; want %s", want)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var has, wants any
	if err := errors.Join(json.Unmarshal(text, &has), json.Unmarshal([]byte(want), &wants)); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(has, wants) {
		t.Fatalf("answered %s, want %s", text, want)
	}
}

// feeding is a feed that tells these, each a catalog.Change, an error or something to do, and then nothing.
func feeding(all ...any) func(ctx context.Context) (catalog.Change, error) {
	return func(ctx context.Context) (catalog.Change, error) {
		for len(all) > 0 {
			first := all[0]
			all = all[1:]
			switch first := first.(type) {
			case catalog.Change:
				return first, nil
			case error:
				return catalog.Change{}, first
			case func():
				first()
			}
		}
		<-ctx.Done()
		return catalog.Change{}, ctx.Err()
	}
}

// An event is an answer, with what was selected of it; errors in it say where they belong, from the root on.
func TestSubscriptionsAnswerEvents(t *testing.T) {
	s := newStreaming(t, nil)
	s.feed.next = feeding(s.touched(), s.touched(), catalog.Change{ProductID: 7, Before: &catalog.Standing{IsPublished: true}})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	next := s.begin(ctx, `subscription { it: productChanged { kind of: product { slug category { tooMany: products(first: 1000) { totalCount } } } } }`)
	const event = `{"errors":[{"message":"%s","path":["it","of","category","tooMany"],"extensions":{"code":"BAD_USER_INPUT"}}],"data":{"it":{"kind":"UPDATED","of":null}}}`
	for range 2 { // nothing of the first is left in the second
		got := next()
		if got == nil || len(got.Errors) != 1 {
			t.Fatalf("answered %+v", got)
		}
		wantResponse(t, got, fmt.Sprintf(event, got.Errors[0].Message))
	}
	wantResponse(t, next(), `{"data":{"it":{"kind":"DELETED","of":null}}}`)
	cancel()
	if got := next(); got != nil {
		t.Errorf("after the end: %+v", got)
	}
	s.feed.wantClosed(t)
}

// What is wrong with a subscription itself is told at its field, before there is any stream.
func TestSubscriptionsThatDoNotBegin(t *testing.T) {
	s := newStreaming(t, feeding())
	ids := strings.Repeat("1,", 101)
	next := s.begin(t.Context(), `subscription { it: productChanged(ids: [`+ids+`]) { kind } }`)
	wantResponse(t, next(), `{"errors":[{"message":"at most 100 products may be followed by their ids","path":["it"],"extensions":{"code":"BAD_USER_INPUT"}}],"data":null}`)

	next = s.ask(t.Context(), &graphql.RawParams{
		Query:      `subscription { it: productChanged(ids: [` + ids + `]) { kind } }`,
		Extensions: map[string]any{"cost": true},
	})
	if got := next(); got == nil || len(got.Errors) != 1 || got.Extensions["cost"] == nil {
		t.Errorf("asked what it costs, it answers %+v", got)
	}

	expired := auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		return auth.Viewer{}, token.NewError(token.Expired)
	})
	next = s.begin(expired, `subscription { productChanged { kind } }`)
	wantResponse(t, next(), `{"errors":[{"message":"Given token not valid for any token type","path":["productChanged"],"extensions":{"code":"UNAUTHENTICATED","reason":"TOKEN_EXPIRED"}}],"data":null,"extensions":{"auth":{"code":"UNAUTHENTICATED","reason":"TOKEN_EXPIRED"}}}`)
	if s.feed.open != 0 {
		t.Errorf("%d follow", s.feed.open)
	}
}

// A stream that ends says why, at its field, after the last event; and then nothing more.
func TestSubscriptionsSayWhyTheyEnd(t *testing.T) {
	var mu sync.Mutex
	var refusal error
	authenticate := func(context.Context, string) (auth.Viewer, error) {
		mu.Lock()
		defer mu.Unlock()
		return auth.Viewer{UserID: 1}, refusal
	}
	for _, tt := range []struct {
		name string
		ends any // in the place of an event
		want string
		logs string
	}{
		{"the token serves no more", func() {
			mu.Lock()
			defer mu.Unlock()
			refusal = token.NewError(token.Revoked)
		}, `{"errors":[{"message":"Given token not valid for any token type","path":["it"],"extensions":{"code":"UNAUTHENTICATED","reason":"TOKEN_REVOKED"}}],"data":null,"extensions":{"auth":{"code":"UNAUTHENTICATED","reason":"TOKEN_REVOKED"}},"hasNext":false}`, ""},
		{"events were lost", catalog.ErrBehind, `{"errors":[{"message":"Some events are lost, as they were not taken as fast as they came or could not be told: subscribe again, and read anew what you show.","path":["it"],"extensions":{"code":"OPERATION_LIMIT_EXCEEDED"}}],"data":null,"hasNext":false}`, ""},
		{"an error", errors.New("secret"), `{"errors":[{"message":"Internal server error","path":["it"],"extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":""}}],"data":null,"hasNext":false}`, "secret"},
		{"a panic", func() { panic("secret") }, `{"errors":[{"message":"Internal server error","path":["it"],"extensions":{"code":"INTERNAL_SERVER_ERROR","requestId":""}}],"data":null,"hasNext":false}`, "panic: secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refusal = nil
			s := newStreaming(t, nil)
			answered := make(chan struct{}) // the stream is one event ahead of its answers
			s.feed.next = feeding(s.touched(), func() { <-answered }, tt.ends, s.touched())
			next := s.begin(auth.WithAuthorization(t.Context(), "Bearer x", authenticate), `subscription { it: productChanged { product { slug } } }`)
			wantResponse(t, next(), `{"data":{"it":{"product":{"slug":"chai"}}}}`)
			close(answered)
			wantResponse(t, next(), tt.want)
			for range 2 {
				if got := next(); got != nil {
					t.Errorf("and then %+v", got)
				}
			}
			s.feed.wantClosed(t)
			if logged := s.log.String(); strings.Count(logged, "level=ERROR") != min(len(tt.logs), 1) || !strings.Contains(logged, tt.logs) {
				t.Errorf("logged %s", logged)
			}
		})
	}
}

// A stream that nobody wants any more ends without a word, and leaves nothing; whatever it was at.
func TestSubscriptionsThatAreGivenUp(t *testing.T) {
	s := newStreaming(t, nil)
	before := runtime.NumGoroutine()
	for name, feed := range map[string]func(ctx context.Context) (catalog.Change, error){
		"waiting for a change": feeding(),
		"with more to tell":    func(context.Context) (catalog.Change, error) { return s.touched(), nil },
	} {
		for n := range 50 {
			s.feed.next = feed
			ctx, cancel := context.WithCancel(t.Context())
			next := s.begin(ctx, `subscription { productChanged { kind } }`)
			if name == "with more to tell" {
				wantResponse(t, next(), `{"data":{"productChanged":{"kind":"UPDATED"}}}`)
			}
			if n%2 == 0 {
				go cancel() // while it waits
				for response := next(); response != nil; response = next() {
					if len(response.Errors) > 0 {
						t.Errorf("%s: answered %+v", name, response)
					}
				}
			}
			cancel()
			s.feed.wantClosed(t)
		}
	}
	eventually(t, "the goroutines are gone", func() bool { return runtime.NumGoroutine() <= before })
	if logged := s.log.String(); strings.Contains(logged, "level=ERROR") {
		t.Errorf("logged %s", logged)
	}
}

// A subscription is to one thing: gqlgen would only say so where it is taken for a fault of the program.
func TestSubscriptionsToSeveralThings(t *testing.T) {
	s := newStreaming(t, feeding())
	for _, query := range []string{
		`subscription { a: productChanged { kind } b: productChanged { kind } }`,
		`subscription { productChanged { kind } ... { other: productChanged { kind } } }`,
		`subscription { ...F } fragment F on Subscription { a: productChanged { kind } b: productChanged(ids: []) { kind } }`,
		`subscription { productChanged @skip(if: true) { kind } }`,
		`subscription { productChanged @include(if: false) { kind } }`,
		`subscription { __typename }`,
		`subscription { productChanged { kind } __typename }`,
		`subscription { __schema { queryType { name } } }`,
	} {
		response := s.begin(t.Context(), query)()
		if response == nil || response.Data != nil || len(response.Errors) == 0 || response.Errors[0].Extensions["code"] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: %+v", query, response)
		}
	}
	if logged := s.log.String(); strings.Contains(logged, "level=ERROR") {
		t.Errorf("logged %s", logged)
	}
	if s.feed.open != 0 {
		t.Errorf("%d follow", s.feed.open)
	}
	// The same thing twice is one.
	ctx, cancel := context.WithCancel(t.Context())
	s.feed.next = feeding(s.touched())
	wantResponse(t, s.begin(ctx, `subscription { productChanged { kind } productChanged { productId } }`)(), fmt.Sprintf(`{"data":{"productChanged":{"kind":"UPDATED","productId":"%d"}}}`, s.chai.ID))
	cancel()
	s.feed.wantClosed(t)
}
