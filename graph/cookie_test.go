package graph_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/gatehouse/gatehouse/internal/refreshcookie"
)

// In cookie mode the refresh token goes into the header of an answer, which a stream has sent before anything runs. So
// whatever would begin, go on with or end a session by the cookie is refused there; the session stays as it is.
func TestCookieModeInStreams(t *testing.T) {
	a := newAPI(t)
	a.signIn("ada")
	server := httptest.NewServer(refreshcookie.Middleware(refreshcookie.Settings{Now: time.Now})(a.handler))
	defer server.Close()
	send := func(accept, query, cookie string) (*http.Response, string) {
		body, _ := json.Marshal(map[string]string{"query": query})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/graphql", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Content-Type": "application/json", "Accept": accept, "Origin": server.URL, refreshcookie.RequestedWith: "x", "Cookie": cookie,
		} {
			r.Header.Set(name, value)
		}
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(text)
	}
	obtain := `mutation { tokenObtain(username: "ada", password: "` + password + `") { access } }`
	response, answer := send("application/json", obtain, "")
	cookies := response.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("signed in with the cookies %v: %s", cookies, answer)
	}
	cookie := cookies[0].Name + "=" + cookies[0].Value

	conn, _, err := websocket.Dial(t.Context(), server.URL+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"},
		HTTPHeader:   http.Header{"Origin": {server.URL}, "X-Requested-With": {"x"}, "Cookie": {cookie}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	say := func(text string) string {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
		_, answer, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return string(answer)
	}
	say(`{"type":"connection_init"}`)

	for name, mutation := range map[string]string{
		"tokenObtain":  obtain,
		"tokenRefresh": `mutation { tokenRefresh { access } }`,
		"tokenRevoke":  `mutation { tokenRevoke { revoked } }`,
	} {
		response, events := send("text/event-stream", mutation, cookie)
		text, _ := json.Marshal(map[string]any{"type": "subscribe", "id": name, "payload": map[string]string{"query": mutation}})
		for where, answer := range map[string]string{"events": events, "WebSocket": say(string(text))} {
			if !strings.Contains(answer, `"code":"FORBIDDEN"`) || !strings.Contains(answer, "an ordinary request by POST") || strings.Contains(answer, "eyJ") {
				t.Errorf("%s, %s: %s", name, where, answer)
			}
		}
		if response.Header["Set-Cookie"] != nil || response.Trailer["Set-Cookie"] != nil {
			t.Errorf("%s: Set-Cookie %q", name, response.Header["Set-Cookie"])
		}
		if _, complete, err := conn.Read(t.Context()); err != nil || !strings.Contains(string(complete), `"complete"`) {
			t.Errorf("%s: %s, %v", name, complete, err)
		}
	}
	// The cookie serves still, and only once.
	response, answer = send("application/json", `mutation { tokenRefresh { access } }`, cookie)
	if len(response.Cookies()) != 1 || strings.Contains(answer, "errors") {
		t.Errorf("refreshed: cookies %v: %s", response.Cookies(), answer)
	}
}
