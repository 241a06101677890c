package main

import (
	"context"
	"os"

	"github.com/gatehouse/gatehouse/internal/panics"
	"github.com/gatehouse/gatehouse/internal/persisted"
)

// reload reads files again at every signal, until the context ends: the keys of tokens and the trusted documents, as far
// as they come from files. What cannot be used changes nothing.
func (a *app) reload(ctx context.Context, signals <-chan os.Signal, documents *persisted.Documents) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		if err := panics.Caught(func() error { a.reloadOnce(ctx, documents); return nil }); err != nil {
			a.log.ErrorContext(ctx, "reloading", "error", err)
		}
	}
}

func (a *app) reloadOnce(ctx context.Context, documents *persisted.Documents) {
	if a.trustsDocuments() {
		a.reloadDocuments(ctx, documents)
	}
	switch {
	case a.settings.JWTKeys != "":
		a.reloadKeys(ctx)
	case !a.trustsDocuments():
		a.log.InfoContext(ctx, "nothing to reload: neither GATEHOUSE_JWT_KEYS nor GATEHOUSE_TRUSTED_DOCUMENTS is set")
	}
}
