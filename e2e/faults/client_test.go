//go:build faults

package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// client talks GraphQL with one instance, over a connection that it keeps.
type client struct {
	instance *instance
	access   string // empty: anonymous
	http     *http.Client
	falls    int64 // how many of the instance's it knows of
}

// variables of a request.
type variables map[string]any

// refusal is the first error of an answer that is as it should be.
type refusal struct{ Code, Reason, Message string }

func (r *refusal) Error() string { return fmt.Sprintf("%s %s: %s", r.Code, r.Reason, r.Message) }

// broken is what no client should ever see.
type broken struct{ err error }

func (b *broken) Error() string { return b.err.Error() }

// errDown is that there is no connection to an instance that somebody has ended.
var errDown = errors.New("the instance is down")

// inner is what an answer must never show.
var inner = regexp.MustCompile(`(?i)sqlstate|postgres|pgx|pgconn|select |insert |update |commit|sqlite|disk|dial|tcp|eof|\.go:`)

// ask sends a request and reads the data of the answer into data. The error is a *refusal, errDown or *broken.
func (c *client) ask(ctx context.Context, query string, vars variables, data any) error {
	if c.http == nil {
		c.http = &http.Client{Timeout: hung, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	}
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.instance.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if c.access != "" {
		request.Header.Set("Authorization", "Bearer "+c.access)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return c.cutOff(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return c.cutOff(err)
	}
	return read(text, response.StatusCode, data)
}

// cutOff is the error of a request without an answer: nothing special if the instance is down, or was since the last one.
func (c *client) cutOff(err error) error {
	falls := c.instance.falls.Load()
	known := c.falls
	c.falls = falls
	if c.instance.down.Load() || falls != known {
		return errDown
	}
	return &broken{fmt.Errorf("%s: %w", c.instance.name, err)}
}

// read reads an answer.
func read(text []byte, status int, data any) error {
	answer := struct {
		Data   any
		Errors []struct {
			Message    string
			Extensions struct{ Code, Reason, RequestID string }
		}
	}{Data: data}
	if err := json.Unmarshal(text, &answer); err != nil {
		return &broken{fmt.Errorf("status %d: %w: %q", status, err, text)}
	}
	for _, e := range answer.Errors {
		if e.Extensions.Code == "" || e.Extensions.Code == "INTERNAL_SERVER_ERROR" && e.Extensions.RequestID == "" || inner.MatchString(e.Message) {
			return &broken{fmt.Errorf("status %d: an error without a code or an id, or with too much: %s", status, text)}
		}
	}
	if len(answer.Errors) == 0 {
		return nil
	}
	e := answer.Errors[0]
	return &refusal{e.Extensions.Code, e.Extensions.Reason, e.Message}
}

// isFault says whether an error is one that a fault may cause: what was asked may have been done, or not.
func isFault(err error) bool {
	var told *refusal
	if errors.As(err, &told) {
		return told.Code == "INTERNAL_SERVER_ERROR" || told.Code == "OPERATION_LIMIT_EXCEEDED" && strings.Contains(told.Message, "took longer")
	}
	return errors.Is(err, errDown)
}

// tokens are what tokenObtain and tokenRefresh answer.
type tokens struct{ Access, Refresh string }

func (c *client) register(ctx context.Context, username string) error {
	return c.ask(ctx, `mutation ($u: String!, $e: String!, $p: String!) {
		register(input: {username: $u, email: $e, password: $p}) { user { id } errors { message } } }`,
		variables{"u": username, "e": username + "@shop.example", "p": password}, nil)
}

func (c *client) signIn(ctx context.Context, username string) (tokens, error) {
	var data struct{ TokenObtain tokens }
	err := c.ask(ctx, `mutation ($u: String!, $p: String!) { tokenObtain(username: $u, password: $p) { access refresh } }`,
		variables{"u": username, "p": password}, &data)
	return data.TokenObtain, err
}

func (c *client) refresh(ctx context.Context, refresh string) (tokens, error) {
	var data struct{ TokenRefresh tokens }
	err := c.ask(ctx, `mutation ($t: String!) { tokenRefresh(refresh: $t) { access refresh } }`, variables{"t": refresh}, &data)
	return data.TokenRefresh, err
}

func (c *client) revoke(ctx context.Context, refresh string) error {
	return c.ask(ctx, `mutation ($t: String!) { tokenRevoke(refresh: $t) { revoked } }`, variables{"t": refresh}, nil)
}

// verify says why a token does not serve; it is empty if it does.
func (c *client) verify(ctx context.Context, refresh string) (reason string, err error) {
	var data struct {
		TokenVerify struct {
			IsValid bool
			Reason  string
		}
	}
	err = c.ask(ctx, `mutation ($t: String!) { tokenVerify(token: $t) { isValid reason } }`, variables{"t": refresh}, &data)
	if err == nil && !data.TokenVerify.IsValid && data.TokenVerify.Reason == "" {
		err = errors.New("a token is not valid, for no reason")
	}
	return data.TokenVerify.Reason, err
}
