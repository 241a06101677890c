//go:build attack

package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"
)

// operation is one of a class that costs about the same.
type operation struct {
	name string
	do   func(context.Context, *shopper) error
}

// operations are what is measured, in this order. Anonymous ones carry no token.
var operations = []operation{
	{"`products(first: 10)` with their categories", anonymous(products, nil)},
	{"`products(first: 100)` with their categories", anonymous(`{ products(first: 100) { nodes { id name price category { name } } } }`, nil)},
	{"`product` by id", anonymous(`query ($id: ID!) { product(by: {id: $id}) { id name price category { name } } }`, func(v *shopper) variables {
		return variables{"id": v.some()}
	})},
	{"search for four letters, 10 of 1,000 found", anonymous(`query ($text: String!) { products(first: 10, search: $text) { nodes { id name price } } }`, func(*shopper) variables {
		return variables{"text": syllables[rand.IntN(len(syllables))][:4]}
	})},
	{"`me` with a token", func(ctx context.Context, v *shopper) error {
		var data struct{ Me struct{ Username string } }
		err := v.ask(ctx, `{ me { id username email } }`, nil, &data)
		if err == nil && data.Me.Username != v.name {
			err = errors.New("me is somebody else")
		}
		return err
	}},
	{"`tokenRefresh`", func(ctx context.Context, v *shopper) error {
		var data struct{ TokenRefresh tokens }
		err := v.ask(ctx, `mutation ($refresh: String!) { tokenRefresh(refresh: $refresh) { access refresh } }`, variables{"refresh": v.refresh}, &data)
		v.access, v.refresh = data.TokenRefresh.Access, data.TokenRefresh.Refresh
		return err
	}},
	{"`tokenObtain`", func(ctx context.Context, v *shopper) error { return v.signsIn(ctx) }},
	{"`productCreate`", func(ctx context.Context, v *shopper) error {
		_, err := v.create(ctx, v.shelves[0])
		return err
	}},
	{"`GET /readyz`", func(ctx context.Context, v *shopper) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+"/readyz", nil)
		if err != nil {
			return err
		}
		response, err := v.http.Do(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status)
		}
		_, err = io.Copy(io.Discard, response.Body) // so that the connection is kept
		return err
	}},
}

// anonymous asks without a token. Nil variables are none.
func anonymous(query string, of func(*shopper) variables) func(context.Context, *shopper) error {
	return func(ctx context.Context, v *shopper) error {
		var vars variables
		if of != nil {
			vars = of(v)
		}
		stranger := *v.client
		stranger.access = ""
		var data any
		return stranger.ask(ctx, query, vars, &data)
	}
}

// figures are what an operation took.
type figures struct {
	took              durations
	long              time.Duration // altogether
	program, database time.Duration // of CPU, altogether
}

// rate is how many there were a second.
func (f figures) rate() float64 { return float64(len(f.took)) / f.long.Seconds() }

// cpu is how many microseconds of these each took.
func (f figures) cpu(all time.Duration) float64 {
	return float64(all.Microseconds()) / float64(len(f.took))
}

// ofDatabase is PostgreSQL's part, if that is not somewhere else.
func (f figures) ofDatabase(db *postgres) string {
	if db == nil || f.database == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", f.cpu(f.database))
}

// measure has the shoppers do it for so long, after a fifth of that to get warm.
func (o operation) measure(t *testing.T, s *server, db *postgres, shoppers []*shopper, long time.Duration) figures {
	t.Helper()
	o.doFor(t, shoppers, long/5)
	program, database, began := s.cpu(t), db.cpu(), time.Now()
	took := o.doFor(t, shoppers, long)
	return figures{took: took, long: time.Since(began), program: s.cpu(t) - program, database: db.cpu().since(database)}
}

// doFor answers how long each took.
func (o operation) doFor(t *testing.T, shoppers []*shopper, long time.Duration) (took durations) {
	t.Helper()
	var group sync.WaitGroup
	var mu sync.Mutex
	end := time.Now().Add(long)
	for _, v := range shoppers {
		group.Go(func() {
			var own durations
			for began := time.Now(); began.Before(end); began = time.Now() {
				if err := o.do(t.Context(), v); err != nil {
					t.Errorf("%s: %v", o.name, err)
					return
				}
				own = append(own, time.Since(began))
			}
			mu.Lock()
			defer mu.Unlock()
			took = append(took, own...)
		})
	}
	group.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return took
}
