package account_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// notes are an Observer that writes down what it is told.
type notes struct {
	mu    sync.Mutex
	lines []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

func (n *notes) SignIn(err error)  { n.add("sign-in %s", fault.CodeOf(err)) }
func (n *notes) Refresh(err error) { n.add("refresh %s", fault.CodeOf(err)) }
func (n *notes) Step(_ context.Context, name string) (end func()) {
	n.add("%s", name)
	return func() { n.add("end of %s", name) }
}

// told is what was told since the last time.
func (n *notes) told(t *testing.T, want ...string) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !slices.Equal(n.lines, want) {
		t.Errorf("told was %q, want %q", n.lines, want)
	}
	n.lines = nil
}

func TestWhatIsDoneIsObserved(t *testing.T) {
	n := &notes{}
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.Observer = n })
	hashing := []string{"wait for a turn to hash", "end of wait for a turn to hash", "argon2id", "end of argon2id"}
	w.register(t, "ada")
	n.told(t, hashing...)
	tokens, err := w.Obtain(t.Context(), "ada", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	n.told(t, append(hashing, "sign-in ")...)
	_, _ = w.Obtain(t.Context(), "ada", "wrong")
	n.told(t, append(hashing, "sign-in INVALID_CREDENTIALS")...)
	if _, err := w.Refresh(t.Context(), tokens.Refresh); err != nil {
		t.Fatal(err)
	}
	rubbish := "rubbish"
	_, _ = w.Refresh(t.Context(), &rubbish)
	_, _ = w.Refresh(t.Context(), nil)
	n.told(t, "refresh ", "refresh TOKEN_NOT_VALID", "refresh BAD_USER_INPUT")

	gone, leave := context.WithCancel(t.Context())
	leave()
	_, _ = w.Obtain(gone, "ada", goodPassword)
	n.told(t, "sign-in INTERNAL_SERVER_ERROR")
	if got, want := w.HashingFigures(), (account.HashingFigures{Done: 3}); got != want {
		t.Errorf("figures %+v, want %+v", got, want)
	}
}
