package graph_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
	"github.com/gatehouse/gatehouse/internal/requestid"
	"github.com/gatehouse/gatehouse/internal/token"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// api is the whole API over a database of its own, reached as a client reaches it.
type api struct {
	t        testing.TB
	handler  http.Handler
	db       *database.DB
	accounts *account.Registry
	log      *bytes.Buffer

	mu         sync.Mutex
	statements []string // what ran on the database, since the last reply
}

func newAPI(t testing.TB, change ...func(*graph.Settings)) *api {
	t.Helper()
	a := &api{t: t, log: &bytes.Buffer{}}
	a.db = databasetest.New(t, databasetest.Trace(func(_ context.Context, line string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.statements = append(a.statements, line)
	}))
	key, err := token.NewHMACKey(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := token.New(token.Settings{Keys: []token.Key{key}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	guard, err := backoff.New(a.db, backoff.Settings{
		FreePerAccount: 1000, FreePerAddress: 1000, FirstDelay: time.Second, MaxDelay: time.Second,
		ForgiveAfter: time.Hour, MaxRows: 1000, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(a.log, nil))
	trail, err := audit.New(a.db, audit.Settings{Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.New(a.db, issuer, account.Settings{
		AccessLifetime: 10 * time.Minute, RefreshLifetime: time.Hour, SessionLifetime: time.Hour, RefreshGrace: time.Second,
		SessionsPerUser: 10, Guard: guard, Hashing: account.Hashing{MemoryKiB: 64, Passes: 1, Threads: 1, Workers: 2, Queue: 10},
		Trail: trail, Now: time.Now, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	a.accounts = accounts
	shop := catalog.New(a.db, catalog.NewLocalFeed(), time.Now)
	if _, err := shop.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	settings := graph.Settings{Accounts: accounts, Catalog: shop, Audit: trail, Log: log, Introspection: true, Timeout: time.Second}
	for _, c := range change {
		c(&settings)
	}
	edge := transport.New(transport.Settings{
		Executor: graph.New(settings), MaxBody: 1 << 20, Log: log, Timeout: time.Minute, Now: time.Now, Pace: transport.DefaultPace(),
	})
	a.handler = requestid.Handler(rand.Reader, auth.Middleware(accounts.Authenticate, nil)(edge))
	return a
}

// ask sends a request and answers the reply's text, having forgotten the statements that ran before.
func (a *api) ask(query string, variables map[string]any, bearer string) string {
	a.t.Helper()
	if bearer != "" {
		bearer = "Bearer " + bearer
	}
	return a.askWith(bearer, query, variables)
}

// askWith does so with that Authorization header.
func (a *api) askWith(authorization, query string, variables map[string]any) string {
	a.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		a.t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(a.t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "a test")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	a.forget()
	recorder := httptest.NewRecorder()
	a.handler.ServeHTTP(recorder, request)
	return strings.TrimSpace(recorder.Body.String())
}

// forget forgets the statements that ran.
func (a *api) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.statements = nil
}

// selects are the SELECTs that the last request ran.
func (a *api) selects() (found []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, statement := range a.statements {
		if strings.Contains(statement, "query=SELECT") || strings.Contains(statement, "query=WITH") {
			found = append(found, statement)
		}
	}
	return found
}

const password = "a rather unusual phrase"

// signIn makes a user and answers an access token.
func (a *api) signIn(name string) string {
	a.t.Helper()
	reply := a.ask(`mutation($in: RegisterInput!) { register(input: $in) { errors { message } } }`,
		map[string]any{"in": map[string]any{"username": name, "email": name + "@example.com", "password": password}}, "")
	if !strings.Contains(reply, `"errors":[]`) {
		a.t.Fatal(reply)
	}
	return a.obtain(name)
}

// staff makes a staff user and answers an access token.
func (a *api) staff(name string) string {
	a.t.Helper()
	_, err := a.accounts.CreateSuperuser(a.t.Context(), account.Registration{Username: name, Email: name + "@example.com", Password: password})
	if err != nil {
		a.t.Fatal(err)
	}
	return a.obtain(name)
}

func (a *api) obtain(name string) string {
	a.t.Helper()
	reply := a.ask(`mutation($u: String!, $p: String!) { tokenObtain(username: $u, password: $p) { access } }`,
		map[string]any{"u": name, "p": password}, "")
	var obtained struct {
		Data struct{ TokenObtain struct{ Access string } }
	}
	if err := json.Unmarshal([]byte(reply), &obtained); err != nil || obtained.Data.TokenObtain.Access == "" {
		a.t.Fatal(reply)
	}
	return obtained.Data.TokenObtain.Access
}
