package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/foreigntoken"
	"github.com/gatehouse/gatehouse/ent/session"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/token"
)

// A foreign token is one that another server issued under the same key, SimpleJWT for one. It names no session, so
// it is good for as long as it says, unless its user was told not to be taken at their word any more
// (tokens_valid_from). A foreign refresh token is exchanged once, for a session: it is that one's generation 0, and
// spent when generation 1 begins. What holds for the parent of any refresh token then holds for it.

// isForeign says whether nothing in a token comes from a Registry.
func isForeign(claims token.Claims) bool { return claims.SessionID == 0 && claims.Generation == 0 }

// servesFrom says whether a token that was issued at some time by somebody else's clock was issued no earlier than
// another time by ours. In doubt it was: the clocks may disagree, and a token that does not say its time is as old
// as can be.
func servesFrom(issuedAt time.Time, validFrom *time.Time) bool {
	return validFrom == nil || !issuedAt.Before(validFrom.Add(clockSkew))
}

// disownForeign has no foreign token of the user serve that was issued before now. Whether any would serve is a
// matter of settings, which may change tomorrow.
func disownForeign(ctx context.Context, tx *ent.Tx, userID int64, now time.Time) error {
	err := tx.User.Update().
		Where(user.ID(userID), user.Or(user.TokensValidFromIsNil(), user.TokensValidFromLT(now))). // never back
		SetTokensValidFrom(now).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("ending a user's foreign tokens: %w", err)
	}
	return nil
}

// foreignID is the key under which the use of a foreign refresh token is remembered. It is the token's name alone,
// whoever it belongs to, as with SimpleJWT's own list.
func foreignID(claims token.Claims) string {
	sum := sha256.Sum256([]byte(claims.ID))
	return hex.EncodeToString(sum[:])
}

// foreignUse is the record of a foreign refresh token's use; nil when it was not used yet.
func foreignUse(ctx context.Context, uses *ent.ForeignTokenClient, claims token.Claims) (*ent.ForeignToken, error) {
	use, err := uses.Get(ctx, foreignID(claims))
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading whether a foreign token was used: %w", err)
	}
	return use, nil
}

// noSession is the key of none.
const noSession = -1

// asUsed is the claims of a foreign refresh token that was used as those of its session's generation 0. The token may
// be older than the session, and the session may be another user's when two tokens have one name: then it is found to
// have none, like a token that was revoked before it could begin one.
func asUsed(claims token.Claims, use *ent.ForeignToken) token.Claims {
	claims.SessionID, claims.IssuedAt = noSession, use.UsedAt
	if use.SessionID != nil {
		claims.SessionID = *use.SessionID
	}
	return claims
}

// settle makes of the claims of a foreign refresh token those of its session's generation 0, once it has been used.
// All other claims stay as they are.
func (r *Registry) settle(ctx context.Context, claims token.Claims) (token.Claims, error) {
	if claims.Type != token.Refresh || !isForeign(claims) {
		return claims, nil
	}
	use, err := foreignUse(ctx, r.db.Read.ForeignToken, claims)
	if err != nil || use == nil {
		return claims, err
	}
	return asUsed(claims, use), nil
}

// adopt begins the session of a foreign refresh token, and answers how it stands. Of any number of calls with one
// token only one begins a session; the others answer the claims that the token has in that session instead.
func (r *Registry) adopt(ctx context.Context, claims token.Claims, now time.Time) (begun standing, instead token.Claims, err error) {
	err = r.db.Write(ctx, func(tx *ent.Tx) error {
		begun, instead = standing{}, token.Claims{}
		use, err := foreignUse(ctx, tx.ForeignToken, claims)
		if err != nil {
			return err
		}
		if use != nil {
			instead = asUsed(claims, use)
			return nil
		}
		begun, err = readStanding(ctx, tx.User, claims)
		if err != nil {
			return err
		}
		if err := begun.check(claims, now); err != nil {
			return err
		}
		if begun.session, err = r.begin(ctx, tx, claims.UserID, now); err != nil {
			return err
		}
		return recordForeign(ctx, tx, claims, &begun.session.ID, now)
	})
	switch {
	case err != nil:
		return standing{}, token.Claims{}, err
	case begun.user != nil:
		begun.user = begun.user.Unwrap() // the transaction is over
	}
	return begun, instead, nil
}

// expired says whether a genuine refresh token is.
func (r *Registry) expired(raw string) bool {
	_, err := r.tokens.Verify(raw, token.Refresh)
	return err != nil
}

// endForeign has a foreign refresh token never serve, expired or not: it ends the session that the token began, or has
// it begin none; which that was, or 0. It is false when the token would not have served anyway.
func endForeign(ctx context.Context, tx *ent.Tx, claims token.Claims, expired bool, now time.Time) (sessionID int64, ended bool, err error) {
	use, err := foreignUse(ctx, tx.ForeignToken, claims)
	if err != nil {
		return 0, false, err
	}
	if use != nil {
		claims = asUsed(claims, use)
		ended, err = endSession(ctx, tx, claims, now)
		return claims.SessionID, ended, err
	}
	found, err := readStanding(ctx, tx.User, claims)
	if err != nil {
		return 0, false, err
	}
	// One that would not serve now may yet: by another clock or leeway, or when its user is made.
	return 0, !expired && found.check(claims, now) == nil, recordForeign(ctx, tx, claims, nil, now)
}

// lastDate is the latest time that the database can order and read back.
var lastDate = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

// recordForeign remembers that a foreign refresh token was used: for as long as it could be presented again under any
// leeway, and longer.
func recordForeign(ctx context.Context, tx *ent.Tx, claims token.Claims, sessionID *int64, now time.Time) error {
	err := tx.ForeignToken.Create().
		SetID(foreignID(claims)).
		SetNillableSessionID(sessionID).
		SetUsedAt(now).
		SetExpiresAt(earlier(claims.ExpiresAt.Add(flushMargin), lastDate)).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("recording the use of a foreign token: %w", err)
	}
	return nil
}

// lives says whether the viewer's token would still serve, for all that others may have done since it was looked at:
// a session can be revoked, and of a foreign token the time since when its user's serve can be put off.
func lives(ctx context.Context, tx *ent.Tx, viewer auth.Viewer) (bool, error) {
	if viewer.SessionID != 0 {
		alive, err := tx.Session.Query().Where(session.ID(viewer.SessionID), session.RevokedAtIsNil()).Exist(ctx)
		if err != nil {
			return false, fmt.Errorf("looking whether the session lives: %w", err)
		}
		return alive, nil
	}
	seen, err := record(viewer)
	if err != nil {
		return false, err
	}
	putOff := user.TokensValidFromNotNil()
	if seen.TokensValidFrom != nil {
		putOff = user.TokensValidFromGT(*seen.TokensValidFrom)
	}
	dead, err := tx.User.Query().Where(user.ID(viewer.UserID), putOff).Exist(ctx)
	if err != nil {
		return false, fmt.Errorf("looking whether the user's foreign tokens serve: %w", err)
	}
	return !dead, nil
}

// FlushForeign deletes what is remembered of foreign tokens that can serve no more, and says how many those were. It
// works in batches as FlushExpired.
func (r *Registry) FlushForeign(ctx context.Context) (deleted int, err error) {
	now := r.now()
	return r.db.DeleteInBatches(ctx, func(tx *ent.Tx, most int) (int, error) {
		ids, err := tx.ForeignToken.Query().Where(foreigntoken.ExpiresAtLT(now)).
			Order(foreigntoken.ByExpiresAt()).Limit(most).IDs(ctx)
		if err != nil {
			return 0, fmt.Errorf("looking for expired foreign tokens: %w", err)
		}
		n, err := tx.ForeignToken.Delete().Where(foreigntoken.IDIn(ids...)).Exec(ctx)
		if err != nil {
			return 0, fmt.Errorf("forgetting expired foreign tokens: %w", err)
		}
		return n, nil
	})
}
