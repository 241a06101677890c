//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

const priceOf = `query ($id: ID!) { product(by: {id: $id}) { price } }`

// branches are two programs on one database with a replica.
type branches struct {
	*databasetest.Cluster
	replica  *databasetest.Server
	one, two *program
	shelf    string
}

func openBranches(t *testing.T) *branches {
	t.Helper()
	b := &branches{Cluster: databasetest.NewCluster(t)}
	settings := []string{"GATEHOUSE_DATABASE_URL=" + b.Primary.URL(), "GATEHOUSE_SECRET_KEY=0123456789abcdef0123456789abcdef"}
	demo := exec.CommandContext(t.Context(), "gatehouse", "demo")
	demo.Dir = t.TempDir()
	demo.Env = testEnvironment(t, demo.Dir, settings...)
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("gatehouse demo: %v\n%s", err, out)
	}
	b.replica = b.Replica(b.Primary)
	settings = append(settings, "GATEHOUSE_DATABASE_REPLICA_URLS="+b.replica.URL(), "GATEHOUSE_DATABASE_REPLICA_MAX_LAG=5m")
	b.one, b.two = start(t, t.TempDir(), settings...), start(t, t.TempDir(), settings...)
	b.awaitUse(t, 1)
	anybody := &visitor{url: b.one.url}
	data, err := anybody.ask(t.Context(), `{ category(by: {slug: "seafood"}) { id } }`, nil)
	b.shelf = must(t, data, err)("category.id")
	return b
}

// awaitUse waits until both programs have begun so often to use the replica.
func (b *branches) awaitUse(t *testing.T, times int) {
	t.Helper()
	for _, p := range []*program{b.one, b.two} {
		if err := p.awaitLog(regexp.MustCompile(`(?s)(a replica is used.*){` + strconv.Itoa(times) + `}`)); err != nil {
			t.Fatal(err)
		}
	}
}

// at is the same visitor at another program.
func (v *visitor) at(p *program) *visitor { return &visitor{url: p.url, token: v.token} }

// Who wrote sees what they wrote, at any instance, while others may see what the replica has; and who somebody is, and
// what is told of a change, never comes from there.
func TestReadYourWritesOnReplicas(t *testing.T) {
	t.Parallel()
	b := openBranches(t)
	people := map[string]*visitor{}
	for _, name := range []string{"ada", "bob"} {
		token, _ := register(t, b.one.url, name)
		people[name] = &visitor{url: b.one.url, token: token}
	}
	ada, bob, anybody := people["ada"], people["bob"], &visitor{url: b.two.url}
	create := func(v *visitor, name string) string {
		t.Helper()
		data, err := v.ask(t.Context(), createProduct, map[string]any{"name": name, "category": b.shelf})
		return must(t, data, err)("productCreate.product.id")
	}
	hers, his := create(ada, "hers"), create(bob, "his")
	price := func(v *visitor, id string) string {
		t.Helper()
		data, err := v.ask(t.Context(), priceOf, map[string]any{"id": id})
		if err != nil {
			t.Fatal(err)
		}
		found, err := follow(data, "product.price")
		if err != nil {
			return "none"
		}
		return found.(string)
	}
	b.replica.CatchUp(b.Primary)
	b.replica.Pause()

	// From here on the replica stays as it is.
	listening, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	event := events(listening, t, b.one.url, `subscription { productChanged { product { price category { products(first: 100) { nodes { name price } } } } } }`)
	data, err := ada.ask(t.Context(), `mutation ($id: ID!) { productUpdate(id: $id, input: {price: "1.00"}) { product { price } } }`, map[string]any{"id": hers})
	if got := must(t, data, err)("productUpdate.product.price"); got != "1.00" {
		t.Errorf("the mutation answers a price of %s", got)
	}
	if got := event(); !strings.HasPrefix(got, `{"data":{"productChanged":{"product":{"price":"1.00"`) || !strings.Contains(got, `{"name":"hers","price":"1.00"}`) {
		t.Errorf("the event tells an older product: %s", got)
	}
	latest := create(ada, "latest")
	for _, p := range []*program{b.one, b.two} { // until it is known that the replica has what bob wrote
		for price(bob.at(p), hers) != "9.99" {
		}
	}
	for _, tt := range []struct {
		who       string
		v         *visitor
		old, none bool
	}{
		{"ada here", ada, false, false},
		{"ada there", ada.at(b.two), false, false},
		{"bob", bob.at(b.two), true, true},
		{"anybody here", anybody.at(b.one), true, true},
		{"anybody there", anybody, true, true},
	} {
		if got, want := price(tt.v, hers), map[bool]string{true: "9.99", false: "1.00"}[tt.old]; got != want {
			t.Errorf("%s sees a price of %s, want %s", tt.who, got, want)
		}
		if got, want := price(tt.v, latest), map[bool]string{true: "none", false: "9.99"}[tt.none]; got != want {
			t.Errorf("%s sees of what was made last a price of %s, want %s", tt.who, got, want)
		}
	}

	// A person is who they are by now, even beside a product as it was.
	_, err = bob.ask(t.Context(), `mutation { profileUpdate(input: {firstName: "Robert"}) { errors { code } } }`, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err = bob.at(b.two).ask(t.Context(), `query ($hers: ID!, $his: ID!) {
		hers: product(by: {id: $hers}) { price } his: product(by: {id: $his}) { owner { firstName } }
	}`, map[string]any{"hers": hers, "his": his})
	if text := must(t, data, err); text("hers.price") != "9.99" || text("his.owner.firstName") != "Robert" {
		t.Errorf("the old product is %s, and its owner %s", text("hers.price"), text("his.owner.firstName"))
	}

	if _, err := bob.ask(t.Context(), `mutation { logout { revokedSessions } }`, nil); err != nil {
		t.Fatal(err)
	}
	var told *refusal
	if _, err := bob.at(b.two).ask(t.Context(), `{ me { id } }`, nil); !errors.As(err, &told) || told.reason != "TOKEN_REVOKED" {
		t.Errorf("after logout: %v", err)
	}
	if got := price(bob.at(b.two), hers); got != "9.99" {
		t.Errorf("who is nobody any more sees a price of %s", got)
	}
	b.replica.Continue()
	for price(anybody, hers) != "1.00" {
	}
}

// events begins a subscription, and answers what waits for its next event.
func events(ctx context.Context, t *testing.T, url, query string) func() string {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", bytes.NewReader(question(query, nil)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	return func() string {
		for lines.Scan() {
			if data, is := strings.CutPrefix(lines.Text(), "data: "); is && data != "" {
				return data
			}
		}
		t.Errorf("the stream has ended: %v", lines.Err())
		return ""
	}
}

// A replica that is killed, comes back, or hangs under load fails no request.
func TestNoRequestFailsWithAReplica(t *testing.T) {
	t.Parallel()
	b := openBranches(t)
	var asked atomic.Int64
	var group sync.WaitGroup
	defer group.Wait()
	var stopped atomic.Bool
	defer stopped.Store(true)
	for n := range 8 {
		group.Go(func() {
			v := &visitor{url: []*program{b.one, b.two}[n%2].url, client: http.Client{Transport: &http.Transport{}}}
			defer v.client.CloseIdleConnections()
			for !stopped.Load() {
				data, err := v.ask(t.Context(), `{ products(first: 50) { totalCount nodes { name description category { name } } } }`, nil)
				if err != nil {
					t.Errorf("a request failed: %v", err)
				} else if got := must(t, data, err)("products.totalCount"); got != "69" {
					t.Errorf("there are %s products", got)
				}
				asked.Add(1)
			}
		})
	}
	more := func() {
		for before := asked.Load(); asked.Load() < before+200; {
			if _, err := (&visitor{url: b.one.url}).ask(t.Context(), `{ __typename }`, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	more()
	for times, fault := range []struct{ begin, end func() }{
		{b.replica.Kill, b.replica.Start},
		{b.replica.Stop, b.replica.Start},
		{b.replica.Suspend, b.replica.Resume},
	} {
		fault.begin()
		more()
		fault.end()
		b.awaitUse(t, times+2)
		more()
	}
}
