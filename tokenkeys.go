package main

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/keyring"
	"github.com/gatehouse/gatehouse/internal/token"
)

// tokenKeys are the keys of tokens; the first signs. It is one of the directory, if that has one which can, or else the
// secret key.
func tokenKeys(settings config.Settings) (keys []token.Key, err error) {
	secret := settings.SecretKey.Bytes()
	if settings.JWTKeys == "" && len(secret) == 0 {
		if secret, err = config.LoadOrCreateSecret(settings.SecretKeyPath(), rand.Reader); err != nil {
			return nil, err
		}
	}
	if settings.JWTKeys != "" {
		entries, err := keyring.Load(settings.JWTKeys)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			keys = append(keys, entry.Key)
		}
	}
	signs := len(keys) > 0 && keys[0].Signs()
	if len(secret) == 0 {
		if !signs {
			return nil, fmt.Errorf("no key in %s can sign, and there is no secret key; gatehouse keys generate makes one", settings.JWTKeys)
		}
		return keys, nil
	}
	key, err := token.NewHMACKey(secret)
	if err != nil {
		return nil, err
	}
	if signs {
		return append(keys, key), nil
	}
	return append([]token.Key{key}, keys...), nil
}

// reloadKeys reads the keys of tokens again. Requests go on meanwhile, each with the keys of before or after. Keys that
// cannot be used change nothing.
func (a *app) reloadKeys(ctx context.Context) {
	keys, err := tokenKeys(a.settings)
	if err == nil {
		err = a.issuer.SetKeys(keys)
	}
	if err != nil {
		a.log.ErrorContext(ctx, "the keys cannot be reloaded; the old ones go on", "error", err)
		return
	}
	a.logKeys(ctx, "reloaded the keys")
}

// logKeys logs which key signs and how many there are, if they are in a directory.
func (a *app) logKeys(ctx context.Context, message string) {
	if a.settings.JWTKeys != "" {
		keys := a.issuer.Keys()
		a.log.InfoContext(ctx, message, "signing", keys[0].ID(), "algorithm", keys[0].Algorithm(), "keys", len(keys))
	}
}
