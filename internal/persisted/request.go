package persisted

import (
	"encoding/json"
	"regexp"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// DocumentID is what a request names its document by, as the appendix on persisted documents of GraphQL over HTTP has it:
// an id of the manifest, or sha256: and the hash of the document. Transports hand it on among the request's extensions,
// under DocumentIDKey; no client can put one there, since JSON has no such type.
type DocumentID string

// DocumentIDKey is where transports put a DocumentID among the extensions.
const DocumentIDKey = "documentId"

// Request is what a request says about its document.
type Request struct {
	Query      string     // empty: it sends none
	DocumentID DocumentID // empty: it has none
	// Extension is extensions.persistedQuery, in which Apollo's clients name a document, and by which they have one
	// registered; nil: there is none.
	Extension any
}

// maxID is how long an id may be, in bytes.
const maxID = 256

// hash is the hash, or where there is a manifest perhaps another id, in Apollo's extension; empty when there is none.
func (r Request) hash(ids bool) (hash string, err error) {
	if r.Extension == nil {
		return "", nil
	}
	extension, _ := r.Extension.(map[string]any)
	hash, _ = extension["sha256Hash"].(string)
	switch version, _ := extension["version"].(json.Number); {
	case version != "1":
		return "", fault.BadInput("extensions.persistedQuery must be {version: 1, sha256Hash: …}.")
	case hash == "" || len(hash) > maxID || !ids && !isSHA256.MatchString(hash):
		return "", fault.BadInput("extensions.persistedQuery.sha256Hash must be a SHA-256 hash: 64 hexadecimal digits in lower case.")
	}
	return hash, nil
}

var isSHA256 = regexp.MustCompile(`^[0-9a-f]{64}$`)
