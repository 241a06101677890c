package shop

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Khan/genqlient/graphql"
)

const password = "tulip-ferry-cobalt-31"

// server is the address of one of the running servers:
//
//	GATEHOUSE_E2E_SHORT_URL  one whose access tokens live for 3 seconds, with products in its catalogue
//	GATEHOUSE_E2E_SPEC_URL   one with GATEHOUSE_HTTP_STATUS=spec
func server(t *testing.T, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		t.Fatalf("%s is not set: e2e/run starts the servers and runs this test", variable)
	}
	return url + "/graphql"
}

// signedIn makes an account at a server, and signs in.
func signedIn(t *testing.T, url string) (s *Session, username string) {
	t.Helper()
	username = fmt.Sprintf("ada%d", rand.Int64())
	s = NewSession(url)
	answer, err := Register(t.Context(), s, RegisterInput{Username: username, Email: username + "@shop.example", Password: password})
	if err != nil || len(answer.Register.Errors) > 0 {
		t.Fatalf("register: %v %+v", err, answer)
	}
	if err := s.SignIn(t.Context(), username, password); err != nil {
		t.Fatal(err)
	}
	return s, username
}

// expiry waits until the session's access token has expired.
func expiry(t *testing.T, s *Session) {
	t.Helper()
	claims, err := base64.RawURLEncoding.DecodeString(strings.Split(s.access, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var told struct{ Exp int64 }
	if err := json.Unmarshal(claims, &told); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(time.Unix(told.Exp, 0)) + 20*time.Millisecond)
}

// counter is a client that counts the requests whose operation has that name.
type counter struct {
	graphql.Client
	name string
	n    atomic.Int32
}

func (c *counter) MakeRequest(ctx context.Context, request *graphql.Request, response *graphql.Response) error {
	if request.OpName == c.name {
		c.n.Add(1)
	}
	return c.Client.MakeRequest(ctx, request, response)
}

func TestExpiredTokenIsRenewedOnceForAll(t *testing.T) {
	t.Parallel()
	s, username := signedIn(t, server(t, "GATEHOUSE_E2E_SHORT_URL"))
	counted := &counter{Client: s.client, name: "renew"}
	s.client = counted
	expiry(t, s)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			answer, err := Me(t.Context(), s)
			if err != nil || answer.Me == nil || answer.Me.Username != username {
				t.Errorf("me: %v %+v", err, answer)
			} else if time.Since(answer.Me.DateJoined) > time.Minute || answer.Me.DateJoined.Location() != time.UTC {
				t.Errorf("joined at %v", answer.Me.DateJoined)
			}
		})
	}
	all.Wait()
	if n := counted.n.Load(); n != 1 {
		t.Errorf("%d refreshes", n)
	}
}

// What is open to everybody is no error with an expired token: the answer says so beside its data.
func TestRemarkBesideDataRenews(t *testing.T) {
	t.Parallel()
	s, _ := signedIn(t, server(t, "GATEHOUSE_E2E_SHORT_URL"))
	offer(t, s, "1", func(input *ProductCreateInput) { input.IsPublished = new(false) })
	expiry(t, s)
	answer, err := Shelf(t.Context(), s, new(1), nil, nil, &ProductWhere{Mine: new(true)}, nil)
	if err != nil || answer.Products.TotalCount != 1 {
		t.Errorf("%v %+v: not answered as to somebody signed in", err, answer)
	}
}

func TestWhoIsSignedOutHasToSignInAgain(t *testing.T) {
	t.Parallel()
	url := server(t, "GATEHOUSE_E2E_SHORT_URL")
	s, username := signedIn(t, url)
	elsewhere := NewSession(url)
	if err := elsewhere.SignIn(t.Context(), username, password); err != nil {
		t.Fatal(err)
	}
	end := &graphql.Request{OpName: "End", Query: "mutation End { logout(scope: OTHERS) { revokedSessions } }"}
	if err := elsewhere.MakeRequest(t.Context(), end, &graphql.Response{Data: new(any)}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := Me(t.Context(), s); !HasCode(err, "UNAUTHENTICATED") {
			t.Errorf("me: %v", err)
		}
	}
	if err := s.SignIn(t.Context(), username, password); err != nil {
		t.Fatal(err)
	}
	if answer, err := Me(t.Context(), s); err != nil || answer.Me.Username != username {
		t.Errorf("me: %v %+v", err, answer)
	}
}

// offer makes a product.
func offer(t *testing.T, s *Session, price string, change ...func(*ProductCreateInput)) *CreateProductProductCreateProductPayload {
	t.Helper()
	found, err := FindCategory(t.Context(), s, CategoryBy{Slug: new("seafood")})
	if err != nil || found.Category == nil {
		t.Fatalf("category: %v %+v", err, found)
	}
	input := ProductCreateInput{Name: fmt.Sprintf("Exact %d", rand.Int64()), Price: price, Category: found.Category.Id}
	for _, f := range change {
		f(&input)
	}
	made, err := CreateProduct(t.Context(), s, input)
	if err != nil {
		t.Fatal(err)
	}
	return made.ProductCreate
}

func TestProductsAreMadeAndListed(t *testing.T) {
	t.Parallel()
	s, _ := signedIn(t, server(t, "GATEHOUSE_E2E_SHORT_URL"))
	for sent, told := range map[string]string{"0.1": "0.10", "99999999.99": "99999999.99", "18.40": "18.40"} {
		made := offer(t, s, sent)
		if len(made.Errors) > 0 || made.Product.Price != told || made.Product.Stock != 0 {
			t.Errorf("%s: %+v", sent, made)
			continue
		}
		answer, err := Shelf(t.Context(), s, new(100), nil, &made.Product.Name, nil, nil)
		if err != nil || answer.Products.TotalCount != 1 || answer.Products.Nodes[0].Card != made.Product.Card {
			t.Errorf("listed as %+v, %v; want %+v", answer, err, made.Product)
		}
	}
	if made := offer(t, s, "0.333"); made.Product != nil || len(made.Errors) != 1 || made.Errors[0].Code != UserErrorCodeInvalid {
		t.Errorf("a third: %+v", made)
	}
}

func TestAnUpdateLeavesAloneWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	s, _ := signedIn(t, server(t, "GATEHOUSE_E2E_SHORT_URL"))
	before := offer(t, s, "1", func(input *ProductCreateInput) { input.Stock = new(7) }).Product.Card
	answer, err := UpdateProduct(t.Context(), s, before.Id, ProductUpdateInput{Price: new("1.1")})
	if err != nil || len(answer.ProductUpdate.Errors) > 0 {
		t.Fatalf("%v %+v", err, answer)
	}
	want := before
	want.Price = "1.10"
	if got := answer.ProductUpdate.Product.Card; got != want {
		t.Errorf("now it is %+v, want %+v", got, want)
	}
}

func TestPagesMakeTheWholeList(t *testing.T) {
	t.Parallel()
	s := NewSession(server(t, "GATEHOUSE_E2E_SHORT_URL"))
	where := &ProductWhere{CategorySlug: new("beverages"), CreatedAt: &DateTimeRange{Lt: new(time.Now())}}
	order := []ProductOrder{{Field: ProductOrderFieldPrice, Direction: OrderDirectionDesc}}
	seen := map[string]bool{}
	var after *string
	for {
		answer, err := Shelf(t.Context(), s, new(5), after, nil, where, order)
		if err != nil {
			t.Fatal(err)
		}
		for _, node := range answer.Products.Nodes {
			seen[node.Id] = true
		}
		if !answer.Products.PageInfo.HasNextPage {
			if len(seen) != answer.Products.TotalCount || len(seen) <= 5 {
				t.Errorf("%d products of %d", len(seen), answer.Products.TotalCount)
			}
			return
		}
		after = answer.Products.PageInfo.EndCursor
	}
}

// Where statuses are the specification's, an answer of another than 200 is an error that still has the codes.
func TestCodesAreKnownWhateverTheStatus(t *testing.T) {
	t.Parallel()
	for variable, status := range map[string]int{"GATEHOUSE_E2E_SHORT_URL": http.StatusOK, "GATEHOUSE_E2E_SPEC_URL": http.StatusUnprocessableEntity} {
		s, _ := signedIn(t, server(t, variable))
		wrong := &graphql.Request{OpName: "Wrong", Query: "query Wrong { nowhere }"}
		err := s.MakeRequest(t.Context(), wrong, &graphql.Response{Data: new(any)})
		if !HasCode(err, "GRAPHQL_VALIDATION_FAILED") {
			t.Errorf("%s: %v", variable, err)
		}
		if failed, ok := err.(*graphql.HTTPError); ok != (status != http.StatusOK) || ok && failed.StatusCode != status {
			t.Errorf("%s: %#v, want status %d", variable, err, status)
		}
		if _, err := Me(t.Context(), NewSession(server(t, variable))); !HasCode(err, "UNAUTHENTICATED") {
			t.Errorf("%s: %v", variable, err)
		}
	}
}
