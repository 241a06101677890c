package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// writers ask for a single kind of write at once: fewer than may try to sign in to one account before the next has to wait.
const writers = 4

// Names of writes that are held against something.
const tokenRefresh = "tokenRefresh"

// credentials are those of the caller.
var credentials = operation.Variables{"username": "caller", "password": password}

// hand writes in a Gatehouse, as one who is staff.
type hand struct {
	access  string
	tokens  pool // refresh tokens of the caller
	created atomic.Int64
}

// newHand signs the caller in so often.
func newHand(ctx context.Context, s *server, access string, signIns int) (*hand, error) {
	h := &hand{access: access, tokens: make(pool, signIns)}
	for range signIns {
		answer, err := s.ask(ctx, operation.Operation{Query: operation.Obtain, Variables: credentials}, "")
		if err != nil {
			return nil, err
		}
		if err := h.signedIn(answer, "tokenObtain"); err != nil {
			return nil, err
		}
	}
	return h, nil
}

// signedIn keeps the refresh token of an answer of that field.
func (h *hand) signedIn(answer map[string]any, field string) error {
	tokens, _ := answer[field].(map[string]any)
	refresh, _ := tokens["refresh"].(string)
	if refresh == "" {
		return fmt.Errorf("no refresh token: %v", answer)
	}
	h.tokens <- refresh
	return nil
}

// refreshing renews tokens, each of the last one's.
func (h *hand) refreshing() stream {
	return stream{name: tokenRefresh, callers: writers, next: h.refresh, then: h.answered}
}

// obtaining signs the caller in.
func (h *hand) obtaining() stream {
	return stream{name: "tokenObtain", callers: writers, next: h.obtain, then: h.answered}
}

// creating makes products.
func (h *hand) creating() stream {
	return stream{name: "productCreate", callers: writers, next: h.create, then: h.answered}
}

func (h *hand) refresh(ctx context.Context) (request, error) {
	token, err := h.tokens.take(ctx)
	if err != nil {
		return request{}, err
	}
	return graphQL(operation.Operation{Query: operation.Refresh, Variables: operation.Variables{"refresh": token}}, "")
}

func (h *hand) obtain(context.Context) (request, error) {
	return graphQL(operation.Operation{Query: operation.Obtain, Variables: credentials}, "")
}

// create makes a product of a name that is after all others, so that the first page stays as it is.
func (h *hand) create(context.Context) (request, error) {
	n := int(h.created.Add(1))
	return graphQL(operation.Operation{Query: operation.Create, Signed: true, Variables: operation.Variables{
		"name": fmt.Sprintf("Zinc spoon no. %06d", n), "category": strconv.Itoa(firstCategory + n%categories),
	}}, h.access)
}

// answered looks at the answer to any of these, and to reads.
func (h *hand) answered(body []byte) error {
	answer, err := data(body)
	if err != nil {
		return err
	}
	if _, refreshed := answer["tokenRefresh"]; refreshed {
		return h.signedIn(answer, "tokenRefresh")
	}
	if created, is := answer["productCreate"]; is {
		if payload, _ := created.(map[string]any); payload["product"] == nil {
			return fmt.Errorf("not created: %v", payload)
		}
	}
	return nil
}

// errCode is the code of a refusal.
type errCode string

func (e errCode) Error() string { return string(e) }

// code is the code of the first error in an answer, or why there is none to be seen.
func code(body []byte) error {
	var answer struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if len(answer.Errors) == 0 {
		return errors.New("no error in an answer")
	}
	return errCode(answer.Errors[0].Extensions.Code)
}
