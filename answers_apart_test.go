package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/internal/config"
)

// Answers are written in memory that is used again and again. However many are at once, long and short, with errors
// and without, and with clients who do not wait for theirs: each has its own, to the byte.
func TestAnswersAreKeptApart(t *testing.T) {
	t.Parallel()
	settings, err := config.Load([]string{
		"GATEHOUSE_DATABASE_URL=sqlite://" + filepath.Join(t.TempDir(), "apart.db"),
		"GATEHOUSE_SECRET_KEY=" + strings.Repeat("k", 48),
		"GATEHOUSE_LOG_REQUESTS=false",
		"GATEHOUSE_RESPONSE_CACHE=off", // which would write each once
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	app, err := open(t.Context(), settings, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.close(t.Context()) })
	if _, err := app.catalog.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.handler(app.api(nil), app.readiness()))
	t.Cleanup(server.Close)

	ask := func(question string) (string, error) {
		answer, err := server.Client().Post(server.URL+"/graphql", "application/json", strings.NewReader(question))
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		return string(body), err
	}
	questions, answers := []string{}, map[string]string{}
	for n := range 24 {
		documents := []string{
			fmt.Sprintf(`{ a%d: products(first: %d) { nodes { id name description category { id name } } } c: categories(first: 2) { nodes { name } } }`, n, 3*n),
			// A plan begins this one, and gives it up.
			fmt.Sprintf(`{ p: products(first: 1) { nodes { name } } b%d: categories(first: 1) { nodes { name products(first: 3, last: %d) { nodes { id } } } } }`, n, n),
		}
		for _, document := range documents {
			question := `{"query": "` + document + `"}`
			answer, err := ask(question)
			if err != nil || !strings.Contains(answer, fmt.Sprintf(`%d"`, n)) {
				t.Fatalf("%s: %s, %v", question, answer, err)
			}
			questions, answers[question] = append(questions, question), answer
		}
	}
	if refused := answers[questions[1]]; !strings.Contains(refused, `"errors"`) {
		t.Errorf("no errors are in %s", refused)
	}
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 60 {
				question := questions[rand.IntN(len(questions))]
				if rand.IntN(8) == 0 {
					leave(t, server, question)
					continue
				}
				if got, err := ask(question); err != nil || got != answers[question] {
					t.Errorf("%s: %s, %v; want %s", question, got, err, answers[question])
				}
			}
		})
	}
	group.Wait()
}

// leave asks, and goes at once.
func leave(t *testing.T, server *httptest.Server, question string) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", server.Listener.Addr().String())
	if err != nil {
		t.Error(err)
		return
	}
	_, err = fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(question), question)
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Error(err)
	}
}
