package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// Type is the token_type claim: what a token is for.
type Type string

// The types. Any is not one: it is a want of Verify that takes either.
const (
	Access  Type = "access"
	Refresh Type = "refresh"
	Any     Type = ""
)

// Claims is what a token says. Its names on the wire are SimpleJWT's, plus our own sid and gen.
type Claims struct {
	// Type (token_type) is Access or Refresh.
	Type Type
	// ID (jti) names the token. Never empty.
	ID string
	// UserID (user_id) is whose token it is, 1 or more. Written as a string, as SimpleJWT does today; read from a
	// string or an integer, as it did before.
	UserID int64
	// SessionID (sid) is the session the token belongs to, 1 or more, or 0 when it has none. Written as a string.
	SessionID int64
	// Generation (gen) says which of its session's refresh tokens this is, from 1; 0 when it does not say. Access
	// tokens are issued without.
	Generation int64
	// IssuedAt (iat) and ExpiresAt (exp) are whole seconds in UTC, from 1970 to the year 9999; fractions are cut off.
	// IssuedAt is the zero time for a token read that has no iat. At ExpiresAt the token is no longer good.
	IssuedAt, ExpiresAt time.Time
}

// Messages of SimpleJWT about a genuine token that lacks something. Their reason is Invalid.
const (
	noExpiry = "Token has no 'exp' claim"
	noID     = "Token has no id"
	noType   = "Token has no type"
)

// NoUser is the message about a genuine token that does not say whose it is, which SimpleJWT words alike wherever it
// finds out. Its reason is Invalid.
const NoUser = "Token contained no recognizable user identification"

// read makes Claims of the claims of a genuine token, in the order of SimpleJWT's checks: exp, jti, user_id and
// token_type, then what only we write. Dates were looked at before; those present are right.
func read(claims map[string]any, want Type) (Claims, *Error) {
	var c Claims
	var ok bool

	if c.ExpiresAt, ok = date(claims["exp"]); !ok {
		return Claims{}, &Error{Reason: Invalid, Message: noExpiry}
	}
	c.IssuedAt, _ = date(claims["iat"]) // optional

	id, present := claims["jti"]
	if !present || id == "" {
		return Claims{}, &Error{Reason: Invalid, Message: noID}
	}
	if c.ID, ok = id.(string); !ok { // RFC 7519 section 4.1.7
		return Claims{}, NewError(Invalid)
	}

	if c.UserID, ok = userID(claims["user_id"]); !ok {
		return Claims{}, &Error{Reason: Invalid, Message: NoUser}
	}

	kind, present := claims["token_type"]
	if !present {
		return Claims{}, &Error{Reason: Invalid, Message: noType}
	}
	if c.Type, ok = knownType(kind); !ok || want != Any && c.Type != want {
		return Claims{}, NewError(WrongType)
	}

	if sid, present := claims["sid"]; present {
		text, _ := sid.(string)
		if c.SessionID, ok = positive(text); !ok {
			return Claims{}, NewError(Invalid)
		}
	}
	if gen, present := claims["gen"]; present {
		number, _ := gen.(json.Number)
		if c.Generation, ok = positive(string(number)); !ok {
			return Claims{}, NewError(Invalid)
		}
	}
	return c, nil
}

// userID reads the user_id claim: a string or a number.
func userID(claim any) (int64, bool) {
	switch v := claim.(type) {
	case string:
		return positive(v)
	case json.Number:
		return positive(string(v))
	default:
		return 0, false
	}
}

// knownType reads the token_type claim. SimpleJWT has more types, sliding ones for instance; we issue none of them.
func knownType(claim any) (Type, bool) {
	text, _ := claim.(string)
	kind := Type(text)
	return kind, kind == Access || kind == Refresh
}

// positive reads an integer from 1 to 2^63-1 in its one canonical form: decimal digits, no sign, no leading zero, no
// fraction or exponent. One number thus has one spelling, and no two tokens that differ name the same thing.
func positive(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n > 0 && strconv.FormatInt(n, 10) == text
}

// check tells what is wrong with c as claims to issue: whatever Verify would not give back as it was.
func (c Claims) check() error {
	switch _, known := knownType(string(c.Type)); {
	case !known:
		return fmt.Errorf("unknown type %q", c.Type)
	case c.ID == "" || !utf8.ValidString(c.ID):
		return errors.New("the id is empty or not UTF-8")
	case c.UserID < 1:
		return fmt.Errorf("user %d is not 1 or more", c.UserID)
	case c.SessionID < 0:
		return fmt.Errorf("session %d is negative", c.SessionID)
	case c.Generation < 0:
		return fmt.Errorf("generation %d is negative", c.Generation)
	case c.Generation > 0 && c.Type != Refresh:
		return fmt.Errorf("a generation in a token of type %q", c.Type)
	case !datable(c.IssuedAt) || !datable(c.ExpiresAt):
		return fmt.Errorf("issued at %v, expires at %v: not from 1970 to the year 9999", c.IssuedAt, c.ExpiresAt)
	}
	return nil
}

// datable says whether date would read t back.
func datable(t time.Time) bool {
	return t.Unix() >= 0 && t.Unix() <= lastSecond
}

// wire is c as it is written. A map, as encoding/json then sorts the names: the same claims make the same bytes.
func (c Claims) wire() jwt.MapClaims {
	wire := jwt.MapClaims{
		"token_type": string(c.Type),
		"jti":        c.ID,
		"user_id":    strconv.FormatInt(c.UserID, 10),
		"iat":        c.IssuedAt.Unix(),
		"exp":        c.ExpiresAt.Unix(),
	}
	if c.SessionID != 0 {
		wire["sid"] = strconv.FormatInt(c.SessionID, 10)
	}
	if c.Generation != 0 {
		wire["gen"] = c.Generation
	}
	return wire
}
