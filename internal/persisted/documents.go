// Package persisted holds the documents that requests may name rather than send: those that clients had registered by
// their hash (automatic persisted queries), and those that a manifest lists (trusted documents).
package persisted

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync/atomic"

	"github.com/gatehouse/gatehouse/internal/bounded"
	"github.com/gatehouse/gatehouse/internal/fault"
)

// How many documents that clients registered are kept, and how many bytes they may take. The longest unused go first;
// their clients send them again.
const (
	maxRegistered = 1000
	maxBytes      = 4 << 20
)

// Trust says what the documents of the manifest are to the server.
type Trust string

// What they can be.
const (
	Off    Trust = "off"    // there is no manifest
	Prefer Trust = "prefer" // they can be named, and others sent
	Only   Trust = "only"   // nothing else is executed
)

// Settings say which documents there are.
type Settings struct {
	// Register says whether clients may register documents. Where only trusted ones are executed they may not.
	Register bool
	// Trust says what the documents of the manifest are; empty is Off.
	Trust Trust
	// Manifest is the path of the manifest. Required unless Trust is Off.
	Manifest string
	// Check finds out whether a document of the manifest can be executed. Required likewise.
	Check func(text string) error
}

// Documents are the documents that requests may name. Make them with New. They are safe for concurrent use; a nil
// *Documents has none, and takes none.
type Documents struct {
	settings   Settings
	manifest   atomic.Pointer[manifest] // nil: there is none
	registered *bounded.Cache[string]   // by hash; nil: clients may not register any
}

// New reads the manifest, if there is one. Its error says what is wrong with that.
func New(s Settings) (*Documents, error) {
	d := &Documents{settings: s}
	if s.Register && s.Trust != Only {
		d.registered = bounded.New[string](maxRegistered, maxBytes)
	}
	return d, d.Reload()
}

// Reload reads the manifest again. One that is wrong changes nothing; the error says what is.
func (d *Documents) Reload() error {
	if !d.trusts() {
		return nil
	}
	read, err := readManifest(d.settings.Manifest, d.settings.Check)
	if err != nil {
		return err
	}
	d.manifest.Store(read)
	return nil
}

// Trusted is how many documents the manifest lists.
func (d *Documents) Trusted() int {
	if m := d.manifest.Load(); m != nil {
		return len(m.byID)
	}
	return 0
}

func (d *Documents) trusts() bool {
	return d != nil && d.settings.Trust != Off && d.settings.Trust != ""
}

// Resolve is the document that is to be executed for a request. Keep registers it, if that was asked for, and is to be
// called once the document has been found to be a good one.
//
// The error is BAD_USER_INPUT where the request contradicts itself or cannot be understood, and PERSISTED_QUERY_NOT_FOUND
// where the document is not here, or not among those that are executed.
func (d *Documents) Resolve(r Request) (text string, keep func(), err error) {
	hash, err := r.hash(d.trusts())
	switch {
	case err != nil:
		return "", nil, err
	case r.DocumentID != "" && (hash != "" || r.Query != ""):
		return "", nil, fault.BadInput("A request has one of query, documentId and extensions.persistedQuery; only query and extensions.persistedQuery go together.")
	case r.DocumentID != "":
		text, err = d.named(string(r.DocumentID), strings.TrimPrefix(string(r.DocumentID), "sha256:"), noSuchID)
		return text, func() {}, err
	case hash != "" && r.Query == "":
		text, err = d.named(hash, hash, d.noSuchHash())
		return text, func() {}, err
	}
	keep, err = d.sent(r.Query, hash)
	return r.Query, keep, err
}

// named is the document of an id in the manifest, or of a hash there or among those that were registered.
func (d *Documents) named(id, hash string, otherwise error) (text string, err error) {
	if d == nil {
		return "", otherwise
	}
	text, ok := d.manifest.Load().find(id, hash)
	if !ok && d.registered != nil {
		text, ok = d.registered.Get(hash)
	}
	if !ok {
		return "", otherwise
	}
	return text, nil
}

// sent says whether a document that was sent may be executed, and how to register it if it came with a hash.
func (d *Documents) sent(query, hash string) (keep func(), err error) {
	switch {
	case hash != "" && hash != sha256Of(query):
		return nil, fault.BadInput("extensions.persistedQuery.sha256Hash is not the hash of the query.")
	case d.trusts() && d.settings.Trust == Only && !d.manifest.Load().holds(query):
		return nil, fault.New(fault.NoSuchDocument, "Only trusted documents are executed here, and this is none of them.")
	case hash == "" || d == nil || d.registered == nil:
		return func() {}, nil
	}
	return func() { d.registered.Add(hash, query, len(query)) }, nil
}

var noSuchID = fault.New(fault.NoSuchDocument, "There is no document of this documentId.")

// noSuchHash is the refusal of a hash, in the words that clients look for: the one has them send the document with its hash,
// the other has them give up hashes.
func (d *Documents) noSuchHash() error {
	if d == nil || d.registered == nil && !d.trusts() {
		return fault.New(fault.NoSuchDocument, "PersistedQueryNotSupported")
	}
	return fault.New(fault.NoSuchDocument, "PersistedQueryNotFound")
}

func sha256Of(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
