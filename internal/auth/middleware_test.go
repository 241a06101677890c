package auth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// serve sends a request through the middleware to a handler.
func serve(r *http.Request, authenticate auth.Authenticate, handle http.HandlerFunc) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	auth.Middleware(authenticate, nil)(handle).ServeHTTP(w, r)
	return w
}

func TestMiddleware(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers []string
		want    fault.Code
		reason  token.Reason
		calls   int
	}{
		{"no header", nil, fault.Unauthenticated, token.NotAuthenticated, 0},
		{"one", []string{"Bearer good"}, "", "", 1},
		{"one that does not serve", []string{"Bearer bad"}, fault.Unauthenticated, token.Expired, 1},
		{"two", []string{"Bearer good", "Bearer good"}, fault.Unauthenticated, token.BadAuthorizationHeader, 0},
		{"another before it", []string{"Basic x", "Bearer good"}, fault.Unauthenticated, token.NotAuthenticated, 0},
		{"another behind it", []string{"Bearer good", "Basic x"}, fault.Unauthenticated, token.BadAuthorizationHeader, 0},
		{"an empty one before it", []string{"", "Bearer good"}, "", "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
			for _, h := range tt.headers {
				r.Header.Add("Authorization", h)
			}
			calls, ran := 0, false
			answer := serve(r, func(_ context.Context, access string) (auth.Viewer, error) {
				if calls++; access == "good" {
					return ada, nil
				}
				return auth.Viewer{}, token.NewError(token.Expired)
			}, func(w http.ResponseWriter, r *http.Request) {
				ran = true
				if calls != 0 {
					t.Error("authenticated before anything asked")
				}
				_, err := auth.Require(r.Context())
				if tt.want == "" && err != nil {
					t.Error(err)
				}
				var refused *fault.Error
				if tt.want != "" && (!errors.As(err, &refused) || refused.Code != tt.want || refused.Reason != string(tt.reason)) {
					t.Errorf("error %v; want %s, %s", err, tt.want, tt.reason)
				}
				w.WriteHeader(http.StatusTeapot)
			})
			// It never rejects: what to do without a viewer is each field's decision.
			if !ran || answer.Code != http.StatusTeapot || calls != tt.calls {
				t.Errorf("status %d; authenticated %d times, want %d", answer.Code, calls, tt.calls)
			}
		})
	}
}

// Each of many requests at once has its own viewer.
func TestViewersDoNotLeak(t *testing.T) {
	ids := map[string]int64{}
	for i := range 50 {
		ids[fmt.Sprint("token", i)] = int64(i + 1)
	}
	handler := auth.Middleware(func(_ context.Context, access string) (auth.Viewer, error) {
		return auth.Viewer{UserID: ids[access]}, nil
	}, nil)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		viewer, err := auth.FromContext(r.Context())
		if want := ids[r.Header.Get("X-Want")]; err != nil || viewer.UserID != want {
			t.Errorf("viewer %d, %v; want %d", viewer.UserID, err, want)
		}
	}))
	var group sync.WaitGroup
	for access := range ids {
		for _, sent := range []string{access, ""} { // with the token, and anonymously
			group.Go(func() {
				for range 20 {
					r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
					if sent != "" {
						r.Header.Set("Authorization", "Bearer "+sent)
					}
					r.Header.Set("X-Want", sent)
					handler.ServeHTTP(httptest.NewRecorder(), r)
				}
			})
		}
	}
	group.Wait()
}

func TestClient(t *testing.T) {
	for _, tt := range []struct{ remote, want string }{
		{"192.0.2.1:1234", "192.0.2.1"},
		{"[2001:db8::1]:1234", "2001:db8::1"},
		{"[2001:DB8:0:0:0:0:0:1]:1", "2001:db8::1"},
		{"[fe80::1%eth0]:1234", "fe80::1"},
		{"[::ffff:192.0.2.1]:1234", "192.0.2.1"}, // IPv4 over a socket for both
		{"127.0.0.1:0", "127.0.0.1"},
		{"", ""},
		{"@", ""}, // a Unix socket
		{"192.0.2.1", ""},
		{"2001:db8::1", ""},
		{"example.org:80", ""},
		{"192.0.2.1:99999", ""},
		{"192.0.2.256:80", ""},
		{"192.0.2.1:80\r\nX: y", ""},
		{"garbage", ""},
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
		r.RemoteAddr = tt.remote
		r.Header.Set("User-Agent", "curl/8")
		r.Header.Set("X-Forwarded-For", "203.0.113.9") // anybody may send one
		r.Header.Set("Forwarded", "for=203.0.113.9")
		serve(r, answer(ada, nil), func(_ http.ResponseWriter, r *http.Request) {
			if got := auth.ClientFromContext(r.Context()); got.IPAddress != tt.want || got.UserAgent != "curl/8" {
				t.Errorf("%q: client %+v, want %q", tt.remote, got, tt.want)
			}
		})
	}
	if got := auth.ClientFromContext(t.Context()); got != (auth.Client{}) {
		t.Errorf("outside of a request: %+v", got)
	}
	want := auth.Client{IPAddress: "192.0.2.1", UserAgent: "x"}
	if got := auth.ClientFromContext(auth.WithClient(t.Context(), want)); got != want {
		t.Errorf("client %+v, want %+v", got, want)
	}
}
