//go:build attack

package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

const (
	obtain = `mutation ($username: String!, $password: String!) {
		tokenObtain(username: $username, password: $password) { access refresh accessExpiresAt }
	}`
	register = `mutation ($username: String!, $email: String!, $password: String!) {
		register(input: {username: $username, email: $email, password: $password}) { user { id } errors { message } }
	}`
	products = `{ products(first: 10) { nodes { id name price category { name } } } }`
)

// client talks GraphQL with a server from one address.
type client struct {
	http    *http.Client
	url     string
	address string // told in X-Forwarded-For; empty: none
	access  string // empty: anonymous
}

// connect is a client with connections of its own.
func (s *server) connect(address string) *client {
	return &client{http: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}, url: s.url, address: address}
}

// variables of a request.
type variables map[string]any

// refusal is the first error of an answer.
type refusal struct {
	Message    string
	Extensions struct {
		Code, Reason string
		RetryAfter   int // seconds
	}
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%s %s: %s", r.Extensions.Code, r.Extensions.Reason, r.Message)
}

// tokens are what tokenObtain and tokenRefresh answer.
type tokens struct {
	Access, Refresh string
	AccessExpiresAt time.Time
}

// ask sends a request and reads the data of the answer into data. The error is a *refusal if that is what came back.
func (c *client) ask(ctx context.Context, query string, vars variables, data any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.address != "" {
		request.Header.Set("X-Forwarded-For", c.address)
	}
	if c.access != "" {
		request.Header.Set("Authorization", "Bearer "+c.access)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer := struct {
		Data   any
		Errors []*refusal
	}{Data: data}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("status %d: %w", response.StatusCode, err)
	}
	if len(answer.Errors) > 0 {
		return answer.Errors[0]
	}
	return nil
}

// signIn obtains tokens.
func (c *client) signIn(ctx context.Context, username, password string) (tokens, error) {
	var data struct{ TokenObtain tokens }
	err := c.ask(ctx, obtain, variables{"username": username, "password": password}, &data)
	return data.TokenObtain, err
}

// register makes an account and answers its id.
func (c *client) register(t *testing.T, username string) string {
	t.Helper()
	var data struct {
		Register struct{ User struct{ ID string } }
	}
	if err := c.ask(t.Context(), register, variables{"username": username, "email": username + "@shop.example", "password": password}, &data); err != nil {
		t.Fatal(err)
	}
	return data.Register.User.ID
}
