package main

import (
	"context"

	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/persisted"
)

// documents are the documents that requests may name, those of the manifest read and checked.
func (a *app) documents() (*persisted.Documents, error) {
	return persisted.New(persisted.Settings{
		Register: a.settings.PersistedQueries,
		Trust:    persisted.Trust(a.settings.TrustedDocuments),
		Manifest: a.settings.TrustedDocumentsFile,
		Check:    graph.CheckDocument(limitsOf(a.settings)),
	})
}

func (a *app) trustsDocuments() bool { return a.settings.TrustedDocuments != config.TrustedOff }

// reloadDocuments reads the manifest again. One that is wrong changes nothing.
func (a *app) reloadDocuments(ctx context.Context, documents *persisted.Documents) {
	if err := documents.Reload(); err != nil {
		a.log.ErrorContext(ctx, "the trusted documents cannot be reloaded; the old ones go on", "error", err)
		return
	}
	a.db.Editions.Next() // what is kept may answer documents that are not trusted any more
	a.logDocuments(ctx, "reloaded the trusted documents", documents)
}

// logDocuments logs how many documents the manifest lists, if there is one.
func (a *app) logDocuments(ctx context.Context, message string, documents *persisted.Documents) {
	if a.trustsDocuments() {
		a.log.InfoContext(ctx, message, "documents", documents.Trusted(), "mode", a.settings.TrustedDocuments)
	}
}
