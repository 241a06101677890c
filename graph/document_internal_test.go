package graph

import (
	"encoding/json"
	"testing"

	"github.com/gatehouse/gatehouse/internal/hostile"
)

// FuzzDocuments reads anything. It panics at nothing; what is refused has a code, and few mistakes are told; what is read is
// known from then on, and found to be the same.
func FuzzDocuments(f *testing.F) {
	for _, request := range hostile.Requests() {
		var body struct{ Query string }
		if text := request.Body(); len(text) < 5000 && json.Unmarshal([]byte(text), &body) == nil {
			f.Add(body.Query)
		}
	}
	f.Add(`query A($n: Int = 1, $o: [ProductOrder!] = [{field: NAME}]) { a: products(first: $n, orderBy: $o) @include(if: true) { ...F } } fragment F on ProductConnection { nodes { price } }`)
	f.Add(`subscription { productChanged { kind } }`)
	f.Add(`mutation { productCreate(input: {name: "x", price: 18.10, category: 99999999999999999999}) { errors { code } } }`)
	schema := Schema()
	f.Fuzz(func(t *testing.T, text string) {
		r := newReader(schema, DefaultLimits(), true)
		read, mistakes := r.read(text)
		if (read == nil) == (mistakes == nil) || len(mistakes) > r.limits.RequestErrors {
			t.Fatalf("%v with %v", read, mistakes)
		}
		for _, mistake := range mistakes {
			if code, _ := mistake.Extensions["code"].(string); code == "" {
				t.Errorf("%v has no code", mistake)
			}
		}
		if read == nil {
			return
		}
		if read.tokens > r.limits.Tokens {
			t.Errorf("%d tokens", read.tokens)
		}
		if again, mistakes := r.read(text); mistakes != nil || again.tokens != read.tokens {
			t.Errorf("read again: %v, %v", again, mistakes)
		}
		if err := CheckDocument(DefaultLimits())(text); err != nil {
			t.Errorf("checked beforehand: %v", err)
		}
	})
}
