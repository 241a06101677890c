package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"testing"
)

const createProduct = `mutation ($name: String!, $category: ID!) {
	productCreate(input: {name: $name, price: "9.99", category: $category}) { product { id } errors { message } }
}`

// shop is the program with a shelf for products and somebody who sells.
type shop struct {
	*program
	dir, shelf string
	seller     visitor
}

// openShop starts the program on a catalogue with a shelf.
func openShop(t *testing.T, settings ...string) *shop {
	t.Helper()
	return openShopIn(t, t.TempDir(), settings...)
}

// openShopIn is openShop in a directory.
func openShopIn(t *testing.T, dir string, settings ...string) *shop {
	t.Helper()
	demo := exec.CommandContext(t.Context(), "gatehouse", "demo")
	demo.Dir, demo.Env = dir, testEnvironment(t, dir)
	if out, err := demo.CombinedOutput(); err != nil {
		t.Fatalf("gatehouse demo: %v\n%s", err, out)
	}
	s := &shop{program: start(t, dir, settings...), dir: dir}
	s.seller.url = s.url
	s.seller.token, _ = register(t, s.url, "seller")
	data, err := s.seller.ask(t.Context(), `{ category(by: {slug: "seafood"}) { id } }`, nil)
	s.shelf = must(t, data, err)("category.id")
	return s
}

// reopen starts the program again on the same data.
func (s *shop) reopen(t *testing.T) {
	t.Helper()
	s.program = start(t, s.dir)
	s.seller.client.CloseIdleConnections()
	s.seller.url = s.url
}

// offers are the products whose making was acknowledged: id by name.
type offers struct {
	mu     sync.Mutex
	ids    map[string]string
	failed []error
	enough chan struct{} // closed once there are so many
	wanted int
}

func (o *offers) add(name, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ids[name] = id
	if len(o.ids) == o.wanted {
		close(o.enough)
	}
}

func (o *offers) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failed = append(o.failed, err)
}

// stream has several clients make products without a pause until the program no longer answers. Once so many
// are acknowledged, it calls end, which is to end the program.
func (s *shop) stream(t *testing.T, round string, clients, wanted int, end func()) *offers {
	t.Helper()
	o := &offers{ids: map[string]string{}, enough: make(chan struct{}), wanted: wanted}
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			seller := visitor{url: s.url, token: s.seller.token, client: http.Client{Transport: &http.Transport{}}}
			defer seller.client.CloseIdleConnections()
			for n := 0; ; n++ {
				name := fmt.Sprintf("%s, client %d, product %d", round, client, n)
				data, err := seller.ask(t.Context(), createProduct, map[string]any{"name": name, "category": s.shelf})
				var id any
				if err == nil {
					id, err = follow(data, "productCreate.product.id")
				}
				if err != nil {
					o.fail(err)
					return
				}
				o.add(name, id.(string))
			}
		})
	}
	select {
	case <-o.enough:
	case <-s.ended:
		t.Error("the program ended by itself")
	}
	end()
	group.Wait()
	for _, err := range o.failed {
		var told *refusal
		if errors.As(err, &told) {
			t.Errorf("a client was refused: %v", err)
		}
	}
	return o
}

// check checks that every product that was acknowledged is there, under its id.
func (s *shop) check(t *testing.T, acknowledged map[string]string) {
	t.Helper()
	for name, id := range acknowledged {
		data, err := s.seller.ask(t.Context(), `query ($id: ID!) { product(by: {id: $id}) { name price } }`, map[string]any{"id": id})
		text := must(t, data, err)
		if got := text("product.name") + " for " + text("product.price"); got != name+" for 9.99" {
			t.Errorf("product %s is %s, want %s", id, got, name)
		}
	}
}

// count is how many products the seller has.
func (s *shop) count(t *testing.T) int {
	t.Helper()
	data, err := s.seller.ask(t.Context(), `{ products(where: {mine: true}, first: 0) { totalCount } }`, nil)
	n, err := strconv.Atoi(must(t, data, err)("products.totalCount"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// What was acknowledged survives kill -9 at any moment.
func TestAcknowledgedProductsSurviveKill(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.endInMidstream(t, []int{1, 50, 200}, func() { s.kill() })
}

// SIGTERM in the middle of it loses nothing either, and the program ends with exit status 0.
func TestAcknowledgedProductsSurviveTermination(t *testing.T) {
	t.Parallel()
	s := openShop(t)
	s.endInMidstream(t, []int{1, 100}, func() {
		if err := s.terminate(); err != nil {
			t.Error(err)
		}
	})
}

// endInMidstream ends the program while products are being made, after each of these numbers of them. Those that
// were acknowledged must be there when it is started again. Of the others, no more than one a client may be: the
// one that was being made.
func (s *shop) endInMidstream(t *testing.T, after []int, end func()) {
	t.Helper()
	const clients = 4
	acknowledged := 0
	for i, wanted := range after {
		o := s.stream(t, fmt.Sprintf("round %d", i+1), clients, wanted, end)
		s.reopen(t)
		s.check(t, o.ids)
		acknowledged += len(o.ids)
		if found, most := s.count(t), acknowledged+(i+1)*clients; found < acknowledged || found > most {
			t.Errorf("%d products, want the %d that were acknowledged, and no more than %d", found, acknowledged, most)
		}
	}
	t.Logf("%d products were acknowledged", acknowledged)
}

// Requests that are running when SIGTERM comes are finished and answered, and the exit status is 0.
func TestTerminationLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	const requests = 5
	s := openShop(t, "GATEHOUSE_REQUEST_TIMEOUT=1m", "GATEHOUSE_SHUTDOWN_TIMEOUT=1m")

	// Each request waits for leave to send its body, which the server gives when it begins to read it.
	var running []*heldRequest
	for n := range requests {
		body := question(createProduct, map[string]any{"name": fmt.Sprintf("Late product %d", n), "category": s.shelf})
		running = append(running, hold(t.Context(), s.url, s.seller.token, body))
	}
	for _, r := range running {
		select {
		case <-r.begun:
		case <-r.done:
			t.Fatalf("a request ended before its body was sent: %v", r.err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- s.terminate() }()
	if err := s.awaitLog(regexp.MustCompile(`shutting down`)); err != nil {
		t.Fatal(err)
	}
	if !s.running() {
		t.Fatal("the program ended while requests were running")
	}

	acknowledged := map[string]string{}
	for n, r := range running {
		data, err := r.finish()
		acknowledged[fmt.Sprintf("Late product %d", n)] = must(t, data, err)("productCreate.product.id")
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	s.reopen(t)
	s.check(t, acknowledged)
}

// heldRequest is a request that the server has begun to work on, and whose body has not been sent.
type heldRequest struct {
	body  []byte
	pipe  *io.PipeWriter
	begun chan struct{} // closed when the server wants the body
	done  chan struct{} // closed when there is an answer or an error

	answer []byte
	err    error
}

// hold begins a request.
func hold(ctx context.Context, url, token string, body []byte) *heldRequest {
	reader, writer := io.Pipe()
	r := &heldRequest{body: body, pipe: writer, begun: make(chan struct{}), done: make(chan struct{})}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{Got100Continue: func() { close(r.begun) }})
	go func() {
		defer close(r.done)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/graphql", reader)
		if err != nil {
			r.err = err
			return
		}
		request.ContentLength = int64(len(body))
		request.Header = http.Header{
			"Authorization": {"Bearer " + token},
			"Content-Type":  {"application/json"},
			"Expect":        {"100-continue"},
		}
		client := http.Client{Transport: &http.Transport{ExpectContinueTimeout: patience}}
		response, err := client.Do(request)
		if err != nil {
			r.err = err
			return
		}
		defer response.Body.Close()
		r.answer, r.err = io.ReadAll(response.Body)
	}()
	return r
}

// finish sends the body, and answers what the server then does.
func (r *heldRequest) finish() (any, error) {
	_, err := r.pipe.Write(r.body)
	if err = errors.Join(err, r.pipe.Close()); err != nil {
		return nil, err
	}
	<-r.done
	if r.err != nil {
		return nil, r.err
	}
	return readReply(r.answer)
}
