package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// errUnauthenticated says that a token does not serve.
var errUnauthenticated = errors.New("unauthenticated")

// claims of Gatehouse's access tokens.
type claims struct {
	jwt.RegisteredClaims
	Type      string `json:"token_type"`
	UserID    int64  `json:"user_id,string"`
	SessionID int64  `json:"sid,string"`
}

// me is who has signed in: the token is genuine, its session alive and its user active.
func (s statements) me(key []byte) plan {
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
	verify := func(*jwt.Token) (any, error) { return key, nil }
	return func(ctx context.Context, asked request, to []byte) ([]byte, error) {
		bearer, _ := strings.CutPrefix(asked.bearer, "Bearer ")
		var c claims
		if _, err := parser.ParseWithClaims(bearer, &c, verify); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnauthenticated, err)
		}
		var username, email string
		var active bool
		var ends time.Time
		var revoked sql.NullTime
		err := s.viewer.QueryRowContext(ctx, c.UserID, c.SessionID).Scan(&username, &email, &active, &ends, &revoked)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil, errUnauthenticated
		case err != nil:
			return nil, err
		case c.Type != "access", !active, revoked.Valid, !time.Now().Before(ends):
			return nil, errUnauthenticated
		}
		to = append(to, `{"data":{"me":{"id":"`...)
		to = strconv.AppendInt(to, c.UserID, 10)
		to = append(to, `","username":`...)
		to = appendString(to, username)
		to = append(to, `,"email":`...)
		to = appendString(to, email)
		return append(to, `}}}`...), nil
	}
}
