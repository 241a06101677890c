package refreshcookie

import (
	"net/http"
	"time"

	"github.com/gatehouse/gatehouse/internal/token"
)

// The cookie's two names. Browsers let nothing but HTTPS set a name that begins with __Secure-, so what a plain
// connection has set can never stand in for it. (__Host- would keep out sibling hosts as well, but demands Path=/.)
const (
	secureName = "__Secure-gatehouse_refresh"
	plainName  = "gatehouse_refresh"
)

// path is where the cookie goes: to the API, and not along with every request for a page or a picture.
const path = "/graphql"

// Jar holds the refresh token of one request and its answer. A nil Jar is that of a request outside of cookie mode: it
// refuses nothing and keeps nothing. One goroutine at a time may use it, as mutations run one after the other.
type Jar struct {
	settings Settings
	request  *http.Request
	answer   http.Header // nil: it cannot be written any more
	secure   bool
}

func newJar(s Settings, r *http.Request, answer http.Header) *Jar {
	return &Jar{settings: s, request: r, answer: answer, secure: s.AlwaysSecure || !isLocal(r)}
}

// Token is the refresh token that the request brought. The error is a *token.Error: NOT_AUTHENTICATED when it brought
// none, and TOKEN_INVALID when it brought several.
func (j *Jar) Token() (string, error) {
	switch tokens := j.Tokens(); len(tokens) {
	case 0:
		return "", token.NewError(token.NotAuthenticated)
	case 1:
		return tokens[0], nil
	}
	// A sibling host can set a cookie for the whole domain, with a token of its own: nothing tells which one is ours.
	return "", &token.Error{Reason: token.Invalid, Message: "The request has more than one cookie " + j.name() + "."}
}

// Tokens are all that the request brought, of which at most one is the browser's own.
func (j *Jar) Tokens() (tokens []string) {
	if j == nil {
		return nil
	}
	for _, cookie := range j.request.CookiesNamed(j.name()) {
		tokens = append(tokens, cookie.Value)
	}
	return tokens
}

// Set has the browser keep a refresh token until then, a whole second, in the place of what it has.
func (j *Jar) Set(refresh string, until time.Time) {
	if j == nil {
		return
	}
	left := int(until.Sub(j.settings.Now().Truncate(time.Second)) / time.Second)
	if left <= 0 { // 0 would mean for as long as the browser runs
		j.Clear()
		return
	}
	j.put(refresh, left)
}

// Clear has the browser forget the refresh token.
func (j *Jar) Clear() {
	if j != nil {
		j.put("", -1) // written as Max-Age=0
	}
}

// put writes the cookie over what was put before: the last word counts.
func (j *Jar) put(value string, maxAge int) {
	cookie := http.Cookie{ //nolint:gosec // what is not Secure never leaves the machine
		Name:     j.name(),
		Value:    value,
		Path:     path,
		MaxAge:   maxAge,
		Secure:   j.secure,
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	}
	if j.answer != nil {
		j.answer.Set("Set-Cookie", cookie.String()) // it is this server's only cookie
	}
}

func (j *Jar) name() string {
	if j.secure {
		return secureName
	}
	return plainName
}
