package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// whoAsks is a query that answers the Authorization header that it is asked with, and whether that serves.
var whoAsks = once(ast.Query, func(ctx context.Context) *graphql.Response {
	viewer, err := auth.FromContext(ctx)
	text, _ := json.Marshal(map[string]any{"header": auth.Header(ctx), "signedIn": viewer.SignedIn() && err == nil})
	return told(string(text))
})

// Who asks is said by connection_init, under whatever case of the name, or else by the request.
func TestTokensOfSockets(t *testing.T) {
	for _, tt := range []struct {
		name, request, payload, want string
	}{
		{"nobody", "", ``, ""},
		{"the payload", "", `{"Authorization":"Bearer ada"}`, "Bearer ada"},
		{"the payload, in lower case", "", `{"authorization":"Bearer ada"}`, "Bearer ada"},
		{"the payload, in capitals", "", `{"AUTHORIZATION":"bearer ada"}`, "bearer ada"},
		{"the payload, in any case", "", `{"aUTHORIZATIOn":"Bearer  ada ","token":"bob"}`, "Bearer  ada "},
		{"the payload, with a null of another name", "", `{"authorization":null,"Authorization":"Bearer ada"}`, "Bearer ada"},
		{"the request", "Bearer bob", ``, "Bearer bob"},
		{"the request, beside another payload", "Bearer bob", `{"token":"ada"}`, "Bearer bob"},
		{"the request, beside a null", "Bearer bob", `{"authorization":null}`, "Bearer bob"},
		{"the request, beside an empty text", "Bearer bob", `{"authorization":""}`, "Bearer bob"},
		{"both", "Bearer bob", `{"authorization":"Bearer ada"}`, "Bearer ada"},
		{"both, of which the request's does not serve", "Bearer expired", `{"authorization":"Bearer ada"}`, "Bearer ada"},
		{"another scheme, which is nobody", "", `{"authorization":"Basic ada"}`, "Basic ada"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := stageFor(t, map[string]part{"who asks": whoAsks})
			var headers []string
			if tt.request != "" {
				headers = []string{"Authorization", tt.request}
			}
			c := s.dial(headers...)
			init := `{"type":"connection_init"}`
			if tt.payload != "" {
				init = `{"type":"connection_init","payload":` + tt.payload + `}`
			}
			c.say(init)
			c.hears(`{"type":"connection_ack"}`)
			for range 2 {
				c.subscribe("1", "who asks")
				signedIn := strings.HasPrefix(strings.ToLower(tt.want), "bearer")
				want, _ := json.Marshal(map[string]any{"type": "next", "id": "1", "payload": map[string]any{
					"data": map[string]any{"header": tt.want, "signedIn": signedIn},
				}})
				c.hears(string(want))
				c.hears(`{"type":"complete","id":"1"}`)
			}
			if slices.Contains(s.asked, "expired") {
				t.Error("it was looked at a token that is not the one")
			}
		})
	}
}

// A token that does not serve is told at once, with the reason, and with a code at which clients come again.
func TestTokensThatDoNotServe(t *testing.T) {
	s := stageFor(t, nil)
	s.says("expired", token.NewError(token.Expired))
	s.says("revoked", token.NewError(token.Revoked))
	s.says("gone", token.NewError(token.UserNotFound))
	for header, reason := range map[string]string{
		"Bearer expired": "TOKEN_EXPIRED",
		"Bearer revoked": "TOKEN_REVOKED",
		"Bearer gone":    "USER_NOT_FOUND",
		"Bearer unknown": "TOKEN_INVALID",
		"Bearer":         "BAD_AUTHORIZATION_HEADER",
		"Bearer a b":     "BAD_AUTHORIZATION_HEADER",
	} {
		c := s.dial()
		c.say(`{"type":"connection_init","payload":{"Authorization":"` + header + `"}}`)
		c.subscribe("1", "mutation") // which must not be executed
		c.closed(4403, "Forbidden: "+reason)
		c = s.dial("Authorization", header)
		c.say(`{"type":"connection_init"}`)
		c.closed(4403, "Forbidden: "+reason)
	}
	if len(s.heard) != 0 {
		t.Errorf("executed %v", s.heard)
	}
}

// That it cannot be found out who asks is no fault of the token: the client is to come again.
func TestTokensThatCannotBeLookedAt(t *testing.T) {
	s := stageFor(t, nil)
	s.says("broken", errors.New("the database is gone"))
	s.says("panics", errPanic)
	for _, access := range []string{"broken", "panics"} {
		c := s.dial()
		c.say(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + access + `"}}`)
		c.closed(1013, "Try again later")
	}
	text := s.log.String()
	if strings.Count(text, "level=ERROR") != 2 || !strings.Contains(text, "the database is gone") || !strings.Contains(text, "secret") {
		t.Errorf("logged:\n%s", text)
	}
}

// A socket ends soon after its token, whatever runs in it.
func TestTokensThatEnd(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Renew = soon }))
	join := func(access string) *talker {
		c := s.dial()
		c.say(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + access + `"}}`)
		c.hears(`{"type":"connection_ack"}`)
		return c
	}
	idle, busy, bob, nobody := join("ada"), join("ada"), join("bob"), s.join()
	busy.subscribe("1", "hanging on")
	busy.subscribe("2", "hanging")
	s.eventually("they run", func() bool { return s.running == 2 })
	s.says("ada", token.NewError(token.Revoked))
	idle.closed(4403, "Forbidden: TOKEN_REVOKED")
	busy.closed(4403, "Forbidden: TOKEN_REVOKED")
	s.quiet()
	bob.answers("1")
	nobody.answers("1")
}

// A stream that finds out first ends its socket in the same way.
func TestStreamsWhoseTokenEnds(t *testing.T) {
	events := make(chan any, 2)
	events <- `{"n":1}`
	events <- &fault.Error{Code: fault.Unauthenticated, Reason: "TOKEN_EXPIRED", Message: "x"}
	s := stageFor(t, map[string]part{"events": following(events)})
	c := s.join()
	c.subscribe("other", "hanging on")
	c.subscribe("1", "events")
	c.hears(`{"type":"next","id":"1","payload":{"data":{"n":1}}}`)
	c.closed(4403, "Forbidden: TOKEN_EXPIRED")
}

// While nobody can tell whether a token serves, nothing is ended; it is logged, and looked at again.
func TestTokensThatCannotBeLookedAtForAWhile(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Renew = soon }))
	c := s.dial()
	c.say(`{"type":"connection_init","payload":{"Authorization":"Bearer ada"}}`)
	c.hears(`{"type":"connection_ack"}`)
	for _, err := range []error{errors.New("the database is gone"), errPanic} {
		s.says("ada", err)
		before := strings.Count(s.log.String(), "level=WARN")
		eventually(t, "it is looked at more than once", func() bool { return strings.Count(s.log.String(), "level=WARN") > before+1 })
	}
	c.answers("1")
	s.says("ada", token.NewError(token.Expired))
	c.closed(4403, "Forbidden: TOKEN_EXPIRED")
}

// Where no token was sent, nothing is looked at, however long it lasts.
func TestSocketsOfNobody(t *testing.T) {
	s := stageFor(t, nil, pace(func(p *transport.Pace) { p.Renew = 1 }))
	c := s.join()
	for range 50 {
		c.answers("1")
	}
	if len(s.asked) != 0 {
		t.Errorf("looked at %q", s.asked)
	}
}

// Two headers whose names differ in case are refused, rather than one of them chosen.
func TestTwoTokensOfASocket(t *testing.T) {
	s := stageFor(t, nil)
	for range 20 { // the members of an object have no order
		for _, payload := range []string{
			`{"authorization":"Bearer ada","Authorization":"Bearer bob"}`,
			`{"authorization":"Bearer ada","Authorization":"Bearer ada"}`,
			`{"authorization":"Bearer","Authorization":"ada"}`,
			`{"authorization":"ada","Authorization":"Bearer"}`,
			`{"authorization":"","Authorization":"Bearer ada"}`,
		} {
			c := s.dial()
			c.say(`{"type":"connection_init","payload":` + payload + `}`)
			c.closed(4400, "Invalid message")
		}
	}
	if len(s.asked) != 0 {
		t.Errorf("looked at %q", s.asked)
	}
}
