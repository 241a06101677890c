package account_test

import (
	"cmp"
	"slices"
	"time"

	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/token"
)

// model is the rules of sessions read plainly: without a database, without signatures, and one call after the other.
// Each of its methods does what the Registry's is to do, and answers what that is to answer.
type model struct {
	now                     time.Time // whole milliseconds
	access, refresh, ending time.Duration
	grace, leeway           time.Duration
	keep                    bool // no rotation
	most                    int  // live sessions a user
	users                   []*modelUser
	sessions                []*modelSession // the oldest first
	tokens                  []*modelToken   // all that were ever handed out
}

type modelUser struct {
	id       int64
	name     string
	password string
	inactive bool
}

type modelSession struct {
	id                     int64
	user                   *modelUser
	generation             int64
	created, rotated, used time.Time
	expires, ends          time.Time // whole seconds
	revoked                session.RevokedBecause
	deleted                bool
}

type modelToken struct {
	kind            token.Type
	session         *modelSession
	generation      int64 // of a refresh token
	issued, expires time.Time
	raw             string
}

// tolerance is by how much the clocks of instances may differ.
const tolerance = 10 * time.Second

// unfit is why a token does not serve as one of that type, going by what it says itself.
func (m *model) unfit(t *modelToken, want token.Type, late bool) token.Reason {
	switch {
	case t.issued.After(m.now.Add(tolerance)):
		return token.Invalid
	case !late && !t.expires.Add(m.leeway).After(m.now):
		return token.Expired
	case want != token.Any && want != t.kind:
		return token.WrongType
	}
	return ""
}

// refused is why a token does not serve as one of that type now; empty when it does.
func (m *model) refused(t *modelToken, want token.Type) token.Reason {
	s := t.session
	if reason := m.unfit(t, want, false); reason != "" {
		return reason
	}
	switch {
	case s.user.inactive:
		return token.UserInactive
	case s.deleted, s.revoked != "":
		return token.Revoked
	case !s.ends.After(m.now):
		return token.SessionExpired
	case t.kind == token.Refresh && t.generation < s.generation && !m.forgiven(t):
		return token.Reused
	}
	return ""
}

// forgiven says whether a spent token may be presented again: the parent of a token that is not used yet, within the grace.
func (m *model) forgiven(t *modelToken) bool {
	since := m.now.Sub(t.session.rotated)
	return m.grace > 0 && t.generation == t.session.generation-1 && -m.grace <= since && since <= m.grace
}

func (m *model) live(s *modelSession) bool {
	return !s.deleted && s.revoked == "" && s.expires.After(m.now)
}

// liveOf are a user's live sessions, the one last used first.
func (m *model) liveOf(u *modelUser) []*modelSession {
	sessions := m.choose(func(s *modelSession) bool { return s.user == u && m.live(s) })
	slices.SortFunc(sessions, func(a, b *modelSession) int {
		return cmp.Or(b.used.Compare(a.used), cmp.Compare(b.id, a.id))
	})
	return sessions
}

func (m *model) choose(which func(*modelSession) bool) []*modelSession {
	var chosen []*modelSession
	for _, s := range m.sessions {
		if which(s) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// revoke ends those of the sessions that were not revoked, and says how many of these were live.
func (m *model) revoke(because session.RevokedBecause, which func(*modelSession) bool) (live int) {
	for _, s := range m.choose(which) {
		if m.live(s) {
			live++
		}
		if s.revoked == "" && !s.deleted {
			s.revoked = because
		}
	}
	return live
}

// obtain begins a session; nil for a refusal.
func (m *model) obtain(u *modelUser, password string) *modelSession {
	if u.inactive || u.password != password {
		return nil
	}
	s := &modelSession{
		user: u, generation: 1, created: m.now, rotated: m.now, used: m.now,
		ends: m.now.Truncate(time.Second).Add(m.ending),
	}
	s.expires = m.expiry(s, m.now)
	m.sessions = append(m.sessions, s)
	mine := m.choose(func(s *modelSession) bool { return s.user == u && m.live(s) })
	for _, s := range mine[:max(0, len(mine)-m.most)] {
		s.revoked = session.RevokedBecauseTooMany
	}
	return s
}

// expiry is when a refresh token of the session expires that is issued then.
func (m *model) expiry(s *modelSession, issued time.Time) time.Time {
	return earliest(issued.Truncate(time.Second).Add(m.refresh), s.ends)
}

// exchange refreshes.
func (m *model) exchange(t *modelToken) token.Reason {
	s := t.session
	reason := m.refused(t, token.Refresh)
	switch {
	case reason == token.Reused:
		s.revoked = session.RevokedBecauseReuse
	case reason == "" && t.generation == s.generation:
		s.used = m.now
		if m.keep {
			break
		}
		s.generation++
		if m.now.After(s.rotated) {
			s.rotated = m.now
		}
		s.expires = m.expiry(s, s.rotated)
	}
	return reason
}

// pair are the tokens that the session is worth now.
func (m *model) pair(s *modelSession) (access, refresh *modelToken) {
	now := m.now.Truncate(time.Second)
	return &modelToken{kind: token.Access, session: s, issued: now, expires: earliest(now.Add(m.access), s.expires)},
		&modelToken{kind: token.Refresh, session: s, generation: s.generation, issued: s.rotated.Truncate(time.Second), expires: s.expires}
}

// surrender is tokenRevoke.
func (m *model) surrender(t *modelToken) (revoked bool, reason token.Reason) {
	if reason := m.unfit(t, token.Refresh, true); reason != "" {
		return false, reason
	}
	s := t.session
	revoked = s.revoked == "" && !s.deleted && s.ends.After(m.now)
	if revoked {
		s.revoked = session.RevokedBecauseRevoked
	}
	return revoked, ""
}

// logout is by the bearer of a token.
func (m *model) logout(t *modelToken, scope account.LogoutScope) (ended int, reason token.Reason) {
	if reason := m.refused(t, token.Access); reason != "" {
		return 0, reason
	}
	return m.revoke(session.RevokedBecauseLogout, func(s *modelSession) bool {
		return s.user == t.session.user && (scope == account.LogoutGlobal || (s == t.session) == (scope == account.LogoutLocal))
	}), ""
}

// end is sessionRevoke, by the bearer of a token.
func (m *model) end(t *modelToken, s *modelSession) (found bool, reason token.Reason) {
	if reason := m.refused(t, token.Access); reason != "" {
		return false, reason
	}
	found = s.user == t.session.user && m.live(s)
	if found {
		s.revoked = session.RevokedBecauseRevoked
	}
	return found, ""
}

// changePassword is by the bearer of a token.
func (m *model) changePassword(t *modelToken, old, password string) (right bool, reason token.Reason) {
	if reason := m.refused(t, token.Access); reason != "" {
		return false, reason
	}
	u := t.session.user
	if u.password != old {
		return false, ""
	}
	u.password = password
	m.revoke(session.RevokedBecausePasswordChanged, func(s *modelSession) bool { return s.user == u && s != t.session })
	return true, ""
}

// setPassword is the administrator's.
func (m *model) setPassword(u *modelUser, password string) {
	u.password = password
	m.revoke(session.RevokedBecauseRevoked, func(s *modelSession) bool { return s.user == u })
}

func (m *model) setActive(u *modelUser, active bool) {
	u.inactive = !active
	if !active {
		m.revoke(session.RevokedBecauseDeactivated, func(s *modelSession) bool { return s.user == u })
	}
}

// flush deletes what expired more than a day ago.
func (m *model) flush() {
	for _, s := range m.sessions {
		s.deleted = s.deleted || s.expires.Before(m.now.Add(-24*time.Hour))
	}
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
