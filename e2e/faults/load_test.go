//go:build faults

package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// load is clients that are never idle, and what they were told.
type load struct {
	t         *testing.T
	instances []*instance
	tally     *tally
	stop      context.CancelFunc
	clients   sync.WaitGroup
	pause     sync.RWMutex // each request holds it for reading
	settled   func()       // waits until what was acknowledged can be read everywhere; nil: it can be at once

	mu       sync.Mutex
	products map[string]*product // by id
	chains   []*chain
	revoked  []string // refresh tokens of sessions whose end was acknowledged
	shelf    string
	viewer   string // somebody's access token
}

// product is one whose making was acknowledged.
type product struct {
	name   string
	stocks []int // what its stock may be: the last that was acknowledged, and what was asked for since without an answer
}

// chain is a session that is refreshed over and over.
type chain struct {
	current tokens // the last that were acknowledged; none between two sessions
}

// kinds of requests.
const (
	creating, updating  = "productCreate", "productUpdate"
	signingIn, renewing = "tokenObtain", "tokenRefresh"
	signingOut, asking  = "tokenRevoke", "products and me"
)

func writes() []string { return []string{creating, updating, signingIn, renewing, signingOut} }

// put puts load on the instances until the test ends.
func put(t *testing.T, instances []*instance) *load {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	l := &load{t: t, instances: instances, stop: stop, tally: newTally(), products: map[string]*product{}}
	t.Cleanup(l.end)
	first := &client{instance: instances[0]}
	var shelf struct{ Category struct{ ID string } }
	l.insist("looking for a shelf", func() error { return first.ask(ctx, `{ category(by: {slug: "seafood"}) { id } }`, nil, &shelf) })
	l.shelf = shelf.Category.ID
	for n := range 4 {
		name := fmt.Sprintf("visitor%d", n)
		l.insist("registering", func() error { return first.register(ctx, name) })
		c := &chain{}
		l.chains = append(l.chains, c)
		at := instances[n%len(instances)]
		l.clients.Go(func() { l.keepSigningIn(ctx, name, c) })
		l.clients.Go(func() { l.keepSelling(ctx, name, at) })
		l.clients.Go(func() { l.keepReading(ctx, name, at) })
	}
	l.viewer = l.access(ctx, first, "visitor0")
	l.await("the load begins", time.Minute, append(writes(), asking))
	return l
}

func (l *load) end() {
	l.stop()
	l.clients.Wait()
}

// try makes one request, counts it, and answers whether it was acknowledged. What no fault excuses fails the test.
func (l *load) try(c *client, kind string, request func() error) bool {
	l.pause.RLock()
	began := time.Now()
	err := request()
	took := time.Since(began)
	l.pause.RUnlock()
	l.tally.add(c.instance.name, kind, took, err)
	if err != nil {
		if !isFault(err) && l.tally.outcomes("BROKEN") <= 10 { // more would only hide these
			l.t.Errorf("%s: %v", kind, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err == nil
}

// keepSigningIn signs in, refreshes five times, and signs out, each time at the next instance: an odd number of requests, so that each gets all kinds. Whatever was not
// acknowledged is asked for again, with the same token.
func (l *load) keepSigningIn(ctx context.Context, name string, s *chain) {
	at, whole := l.everywhere(), context.WithoutCancel(ctx) // no request is given up
	for turn, refreshed := 0, 0; ctx.Err() == nil; turn++ {
		c := at[turn%len(at)]
		switch {
		case s.current.Refresh == "":
			refreshed = 0
			l.try(c, signingIn, func() (err error) {
				next, err := c.signIn(whole, name)
				if err == nil {
					s.current = next
				}
				return err
			})
		case refreshed < 5:
			if l.try(c, renewing, func() error {
				next, err := c.refresh(whole, s.current.Refresh)
				if err == nil {
					s.current = next
				}
				return err
			}) {
				refreshed++
			}
		default:
			l.try(c, signingOut, func() error {
				token := s.current.Refresh
				err := c.revoke(whole, token)
				s.current = tokens{} // it may be over, whatever the answer
				if err == nil {
					l.mu.Lock()
					l.revoked = append(l.revoked, token)
					l.mu.Unlock()
				}
				return err
			})
		}
	}
}

// keepSelling makes a product, changes it three times, and so on.
func (l *load) keepSelling(ctx context.Context, name string, at *instance) {
	c, whole := &client{instance: at}, context.WithoutCancel(ctx)
	c.access = l.access(whole, c, name)
	for n := 0; ctx.Err() == nil; n++ {
		p := &product{name: fmt.Sprintf("%s's fault %d", name, n), stocks: []int{0}}
		var id string
		if !l.try(c, creating, func() (err error) {
			id, err = l.create(whole, c, p)
			return err
		}) {
			continue
		}
		for stock := 1; stock <= 3; stock++ {
			l.try(c, updating, func() error { return l.restock(whole, c, id, p, stock) })
		}
	}
}

func (l *load) create(ctx context.Context, c *client, p *product) (id string, err error) {
	var data struct {
		ProductCreate struct {
			Product struct{ ID string }
			Errors  []struct{ Message string }
		}
	}
	err = c.ask(ctx, `mutation ($n: String!, $c: ID!) {
		productCreate(input: {name: $n, price: "9.99", category: $c}) { product { id } errors { message } } }`,
		variables{"n": p.name, "c": l.shelf}, &data)
	if err == nil && len(data.ProductCreate.Errors) > 0 {
		err = fmt.Errorf("%+v", data.ProductCreate.Errors)
	}
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.products[data.ProductCreate.Product.ID] = p
	}
	return data.ProductCreate.Product.ID, err
}

func (l *load) restock(ctx context.Context, c *client, id string, p *product, stock int) error {
	err := c.ask(ctx, `mutation ($id: ID!, $s: Int!) { productUpdate(id: $id, input: {stock: $s}) { product { stock } errors { message } } }`,
		variables{"id": id, "s": stock}, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		p.stocks = []int{stock}
	} else {
		p.stocks = append(p.stocks, stock)
	}
	return err
}

// keepLooking reads products as somebody who is not signed in.
func (l *load) keepLooking(ctx context.Context, at *instance) {
	for c := (&client{instance: at}); ctx.Err() == nil; {
		l.try(c, asking, func() error {
			var data struct {
				Products struct{ Nodes []struct{ ID string } }
			}
			err := c.ask(context.WithoutCancel(ctx), `{ products(first: 10) { nodes { id name category { name } } } }`, nil, &data)
			if err == nil && len(data.Products.Nodes) != 10 {
				err = fmt.Errorf("%d products, want 10", len(data.Products.Nodes))
			}
			return err
		})
	}
}

// keepReading asks for products, and for oneself.
func (l *load) keepReading(ctx context.Context, name string, at *instance) {
	c, whole := &client{instance: at}, context.WithoutCancel(ctx)
	c.access = l.access(whole, c, name)
	for ctx.Err() == nil {
		l.try(c, asking, func() error {
			var data struct {
				Me       struct{ Username string }
				Products struct{ Nodes []struct{ ID string } }
			}
			err := c.ask(whole, `{ me { username } products(first: 10) { nodes { id name category { name } } } }`, nil, &data)
			if err == nil && (data.Me.Username != name || len(data.Products.Nodes) != 10) {
				err = fmt.Errorf("a wrong answer: %+v", data)
			}
			return err
		})
	}
}

// access is an access token for the whole test, which is shorter than it lives.
func (l *load) access(ctx context.Context, c *client, name string) (access string) {
	l.insist("signing in", func() error {
		got, err := c.signIn(ctx, name)
		access = got.Access
		return err
	})
	return access
}

// insist makes a request until it is acknowledged: a machine that is busy starting servers may be slow to.
func (l *load) insist(what string, request func() error) {
	for range 10 {
		err := request()
		if err == nil {
			return
		}
		if !isFault(err) {
			l.t.Errorf("%s: %v", what, err)
			return
		}
	}
	l.t.Errorf("%s: ten times in vain", what)
}

// everywhere is a client for each instance.
func (l *load) everywhere() []*client {
	var all []*client
	for _, i := range l.instances {
		all = append(all, &client{instance: i})
	}
	return all
}

// fault breaks something under load. Afterwards everything has to be acknowledged again within that time, by every
// instance, without anybody's doing; and all that was acknowledged before, meanwhile and since is there.
func (l *load) fault(t *testing.T, what string, returns time.Duration, do func()) {
	t.Helper()
	l.t = t
	l.tally.reset()
	do()
	back := l.await(what, returns, append(writes(), asking))
	time.Sleep(500 * time.Millisecond)
	fmt.Printf("\n%s: service was back %.1f s after\n%s", what, back.Seconds(), l.tally)
	l.check(t)
}

// await waits until each instance has acknowledged a request of each kind that was made from now on.
func (l *load) await(what string, most time.Duration, kinds []string) time.Duration {
	l.t.Helper()
	since := time.Now()
	return until(l.t, most, what+": each instance acknowledges everything", func() bool {
		for _, i := range l.instances {
			for _, kind := range kinds {
				if !l.tally.acknowledgedSince(i.name, kind, since) {
					return false
				}
			}
		}
		return true
	})
}

// check looks for all that was acknowledged, at each instance, while the load rests.
func (l *load) check(t *testing.T) {
	t.Helper()
	l.pause.Lock()
	defer l.pause.Unlock()
	if l.settled != nil {
		l.settled()
	}
	ids := slices.Collect(maps.Keys(l.products))
	live := 0
	for _, c := range l.everywhere() {
		c.access = l.viewer
		for some := range slices.Chunk(ids, 100) {
			l.checkProducts(t, c, some)
		}
		live = 0
		for _, s := range l.chains {
			if s.current.Refresh == "" {
				continue
			}
			live++
			if reason, err := c.verify(t.Context(), s.current.Refresh); err != nil || reason != "" {
				t.Errorf("%s: a session's last token does not serve: %s %v", c.instance.name, reason, err)
			}
		}
		for _, token := range l.revoked {
			if reason, err := c.verify(t.Context(), token); err != nil || reason != "TOKEN_REVOKED" {
				t.Errorf("%s: somebody who has signed out: %q %v", c.instance.name, reason, err)
			}
		}
	}
	fmt.Printf("    all is there: %d products, %d sessions that go on, %d that were ended\n", len(ids), live, len(l.revoked))
	if len(ids) == 0 || live+len(l.revoked) == 0 {
		t.Error("nothing was acknowledged; that is no test")
	}
}

func (l *load) checkProducts(t *testing.T, c *client, ids []string) {
	t.Helper()
	var data struct {
		Products struct {
			Nodes []struct {
				ID, Name string
				Stock    int
			}
		}
	}
	if err := c.ask(t.Context(), `query ($ids: [ID!]) { products(first: 100, where: {ids: $ids}) { nodes { id name stock } } }`, variables{"ids": ids}, &data); err != nil {
		t.Errorf("looking for products: %v", err)
	}
	found := map[string]bool{}
	for _, p := range data.Products.Nodes {
		found[p.ID] = true
		if want := l.products[p.ID]; p.Name != want.name || !slices.Contains(want.stocks, p.Stock) {
			t.Errorf("%s: product %s is %+v, want %+v", c.instance.name, p.ID, p, want)
		}
	}
	for _, id := range ids {
		if !found[id] {
			t.Errorf("%s: product %s was acknowledged and is lost: %+v", c.instance.name, id, l.products[id])
		}
	}
}

// tally counts what clients were told.
type tally struct {
	mu      sync.Mutex
	counts  map[[2]string]int        // by kind and outcome
	longest map[string]time.Duration // that a request of a kind took
	last    map[[2]string]time.Time  // when a request was acknowledged that began after the one before, by instance and kind
}

func newTally() *tally {
	t := &tally{last: map[[2]string]time.Time{}}
	t.reset()
	return t
}

func (t *tally) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts, t.longest = map[[2]string]int{}, map[string]time.Duration{}
}

func (t *tally) add(instance, kind string, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	outcome := "acknowledged"
	var told *refusal
	switch {
	case errors.As(err, &told) && isFault(err):
		outcome = told.Code
	case errors.Is(err, errDown):
		outcome = "no connection"
	case err != nil:
		outcome = "BROKEN"
	default:
		t.last[[2]string{instance, kind}] = time.Now().Add(-took)
	}
	t.counts[[2]string{kind, outcome}]++
	t.longest[kind] = max(t.longest[kind], took)
}

func (t *tally) acknowledgedSince(instance, kind string, since time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last[[2]string{instance, kind}].After(since)
}

// outcomes is how many requests had an outcome.
func (t *tally) outcomes(outcome string) (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, count := range t.counts {
		if key[1] == outcome {
			n += count
		}
	}
	return n
}

// failed is how many requests were not acknowledged.
func (t *tally) failed() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, count := range t.counts {
		if key[1] != "acknowledged" {
			n += count
		}
	}
	return n
}

func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var text strings.Builder
	for _, kind := range append(writes(), asking) {
		_, _ = fmt.Fprintf(&text, "    %-16s %6d acknowledged, the longest %5.2f s", kind, t.counts[[2]string{kind, "acknowledged"}], t.longest[kind].Seconds())
		for _, key := range slices.SortedFunc(maps.Keys(t.counts), func(a, b [2]string) int { return strings.Compare(a[1], b[1]) }) {
			if key[0] == kind && key[1] != "acknowledged" {
				_, _ = fmt.Fprintf(&text, ", %d %s", t.counts[key], key[1])
			}
		}
		_, _ = fmt.Fprintln(&text)
	}
	return text.String()
}

// duration is a setting of the tests, or its default.
func duration(t *testing.T, name string, standard time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
