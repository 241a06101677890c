package account_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/token"
)

// parent is one refresh token: of that session and generation.
type parent struct{ session, generation int64 }

// history is what came of all refreshes.
type history struct {
	mu         sync.Mutex
	successors map[parent]map[string]bool // the refresh tokens that a token was exchanged for
	reused     map[int64]int              // how often a session was told of reuse
	sessions   map[int64]bool             // all there were
	tokens     [][]string                 // all refresh tokens of the sessions that are in use, by generation
}

// pick is one of the tokens of one of the sessions: mostly the last, or the one before.
func (h *history) pick(random *rand.Rand) (slot int, refresh string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slot = random.IntN(len(h.tokens))
	known := h.tokens[slot]
	back := [...]int{0, 0, 0, 0, 0, 0, 1, 1, 1, 2}[random.IntN(10)]
	return slot, known[max(0, len(known)-1-back)]
}

// exchanged records an answer.
func (h *history) exchanged(slot int, spent token.Claims, successor string, now token.Claims) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.SessionID != spent.SessionID || now.Generation != spent.Generation+1 {
		return fmt.Errorf("generation %d of session %d became %d of %d", spent.Generation, spent.SessionID, now.Generation, now.SessionID)
	}
	key := parent{spent.SessionID, spent.Generation}
	if h.successors[key] == nil {
		h.successors[key] = map[string]bool{}
	}
	h.successors[key][successor] = true
	if known := h.tokens[slot]; int64(len(known)) == spent.Generation && known[len(known)-1] != successor {
		h.tokens[slot] = append(known, successor)
	}
	return nil
}

// began records a session that takes the place of another.
func (h *history) began(slot int, id int64, refresh string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions[id] = true
	h.tokens[slot] = []string{refresh}
}

// TestNoTokenHasTwoSuccessors has 200 refresh 50 sessions at random, mostly with the tokens that were handed out last, while
// the clock jumps by seconds, also back. A session that ends makes room for another.
//
// Whatever the order of it all was, every token was exchanged for one successor at most, a session was told of reuse once at
// most and was revoked if it was, and in the end each has one current token or none.
func TestNoTokenHasTwoSuccessors(t *testing.T) {
	const callers, sessions, refreshes = 200, 50, 10
	w := build(t, func(s *account.Settings, _ *token.Settings) { s.SessionsPerUser = 10_000 })
	w.register(t, "ada")
	h := &history{successors: map[parent]map[string]bool{}, reused: map[int64]int{}, sessions: map[int64]bool{}, tokens: make([][]string, sessions)}
	begin := func(slot int) error {
		tokens, err := w.Obtain(t.Context(), "ada", goodPassword)
		if err != nil {
			return err
		}
		claims, err := w.tokens.VerifyGenuine(*tokens.Refresh, token.Refresh)
		h.began(slot, claims.SessionID, *tokens.Refresh)
		return err
	}
	for slot := range sessions {
		if err := begin(slot); err != nil {
			t.Fatal(err)
		}
	}

	refresh := func(random *rand.Rand) error {
		slot, spent := h.pick(random)
		claims, err := w.tokens.VerifyGenuine(spent, token.Refresh)
		if err != nil {
			return err
		}
		tokens, err := w.Refresh(t.Context(), &spent)
		var refused *fault.Error
		switch {
		case err == nil:
			now, err := w.tokens.VerifyGenuine(*tokens.Refresh, token.Refresh)
			return errors.Join(err, h.exchanged(slot, claims, *tokens.Refresh, now))
		case !errors.As(err, &refused):
			return err
		case refused.Reason == string(token.Reused):
			h.mu.Lock()
			h.reused[claims.SessionID]++
			h.mu.Unlock()
			return begin(slot)
		case refused.Reason == string(token.Revoked):
			return nil
		}
		return err
	}
	var group sync.WaitGroup
	for caller := range callers {
		random := rand.New(rand.NewPCG(1, uint64(caller)))
		group.Go(func() {
			for range refreshes {
				if random.IntN(5) == 0 {
					w.clock.set(noon.Add(time.Duration(random.IntN(9000)) * time.Millisecond))
				}
				if err := refresh(random); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	group.Wait()

	advanced := 0
	for p, successors := range h.successors {
		if len(successors) != 1 {
			t.Errorf("generation %d of session %d has %d successors", p.generation, p.session, len(successors))
		}
		advanced++
	}
	t.Logf("%d sessions, %d generations, %d reused", len(h.sessions), advanced, len(h.reused))
	if advanced < 2*sessions || len(h.reused) == 0 {
		t.Errorf("%d generations and %d reused: that is no test", advanced, len(h.reused))
	}
	h.settle(t, w)
}

// settle looks at what is left of each session: revoked once and for reuse, or alive in its last generation alone.
func (h *history) settle(t *testing.T, w *world) {
	t.Helper()
	w.clock.set(noon.Add(time.Minute)) // no grace any more
	for _, s := range w.db.Read.Session.Query().AllX(t.Context()) {
		if !h.sessions[s.ID] {
			t.Errorf("session %d is nobody's", s.ID)
		}
		was := s.RevokedBecause != nil
		if was != (h.reused[s.ID] == 1) || h.reused[s.ID] > 1 || was && *s.RevokedBecause != session.RevokedBecauseReuse {
			t.Errorf("session %d: reuse was told %d times, and it is revoked because %v", s.ID, h.reused[s.ID], s.RevokedBecause)
		}
		if h.successors[parent{s.ID, s.Generation}] != nil || s.Generation > 1 && h.successors[parent{s.ID, s.Generation - 1}] == nil {
			t.Errorf("session %d is at generation %d, and not at the last that was handed out", s.ID, s.Generation)
		}
	}
	for _, known := range h.tokens {
		last := known[len(known)-1]
		if s := w.session(t, last); s.RevokedAt == nil {
			same(t, "generation of the last token", w.claims(t, last).Generation, s.Generation)
			w.refresh(t, &last)
			w.clock.pass(time.Minute)
		}
		for _, spent := range known {
			if _, err := w.Refresh(t.Context(), &spent); err == nil {
				t.Error("a spent token serves")
			}
		}
	}
}
