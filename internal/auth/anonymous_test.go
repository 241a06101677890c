package auth_test

import (
	"context"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
)

// Nothing is looked up for it; and a header that says nothing to anybody might be one that a cache tells requests apart by.
func TestAnonymous(t *testing.T) {
	authenticate := func(context.Context, string) (auth.Viewer, error) {
		t.Error("a token was looked at")
		return auth.Viewer{}, nil
	}
	for header, want := range map[string]bool{"": true, " ": false, "Basic x": false, "Bearer": false, "Bearer x": false} {
		if got := auth.Anonymous(auth.WithAuthorization(t.Context(), header, authenticate)); got != want {
			t.Errorf("with %q: %v", header, got)
		}
	}
	if auth.Anonymous(t.Context()) {
		t.Error("without middleware")
	}
	if auth.Anonymous(auth.WithHeader(auth.WithAuthorization(t.Context(), "", authenticate), "Bearer x")) {
		t.Error("where somebody else asks")
	}
}
