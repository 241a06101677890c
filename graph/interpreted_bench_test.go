package graph_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/requestid"
)

// BenchmarkInterpreted is what answers cost that no plan writes, and introspection, beside gqlgen as it comes: its own transport, its
// cache of documents, no limits, and the same resolvers. Both are asked in turns, and the figure is the ratio of their times.
func BenchmarkInterpreted(b *testing.B) {
	var plain *handler.Server
	a := newScene(b, func(s *graph.Settings) {
		plain = handler.New(graph.Plain(*s))
	})
	plain.AddTransport(transport.POST{})
	plain.SetQueryCache(lru.New[*ast.QueryDocument](1000))
	plain.Use(extension.Introspection{})
	gqlgen := requestid.Handler(rand.Reader, auth.Middleware(a.accounts.Authenticate, nil)(plain))

	_, beverages, _ := strings.Cut(a.ask(`{ category(by: {slug: "beverages"}) { id } }`, nil, ""), `"id":"`)
	beverages, _, _ = strings.Cut(beverages, `"`)
	belowNode := fmt.Sprintf(`{ node(id: %q) { id ... on Category { products(first: 100) { nodes { id name price stock slug } } } } }`, beverages)
	for _, asked := range []struct{ name, query, answer string }{
		{"typename", `{ __typename }`, `{"data":{"__typename":"Query"}}`},
		{"below a node", belowNode, `"Chai`},
		{"refused", `{ users(first: 10) { nodes { id } } }`, `"errors"`},
		{"refused below", `{ categories(first: 10) { nodes { id name products(first: 3, last: 3) { nodes { id } } } } }`, `"path":["categories"`},
		{"invalid", `{ products { nothing } }`, `"errors"`},
		{"introspection", introspection.Query, `"__schema"`},
	} {
		b.Run(asked.name, func(b *testing.B) {
			body, err := json.Marshal(map[string]string{"query": asked.query})
			if err != nil {
				b.Fatal(err)
			}
			ask := func(of http.Handler) string {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				a.forget()
				w := httptest.NewRecorder()
				of.ServeHTTP(w, r)
				return w.Body.String()
			}
			for _, of := range []http.Handler{a.handler, gqlgen} {
				if answer := ask(of); !strings.Contains(answer, asked.answer) {
					b.Fatal(answer)
				}
			}
			var took [2]time.Duration
			for b.Loop() {
				for i, of := range []http.Handler{a.handler, gqlgen} {
					began := time.Now()
					ask(of)
					took[i] += time.Since(began)
				}
			}
			b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N), "ns/gatehouse")
			b.ReportMetric(float64(took[1].Nanoseconds())/float64(b.N), "ns/gqlgen")
			b.ReportMetric(float64(took[0])/float64(took[1]), "×gqlgen")
		})
	}
}
