package persisted

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// manifest is what a manifest lists. A nil one lists nothing. It does not change.
type manifest struct {
	byID   map[string]string
	byHash map[string]string // the SHA-256 hashes of the same documents, whatever their ids
}

func (m *manifest) find(id, hash string) (text string, ok bool) {
	if m == nil {
		return "", false
	}
	if text, ok = m.byID[id]; ok {
		return text, true
	}
	text, ok = m.byHash[hash]
	return text, ok
}

// holds says whether a text is, byte for byte, one of the documents.
func (m *manifest) holds(text string) bool {
	if m == nil {
		return false
	}
	_, ok := m.byHash[sha256Of(text)]
	return ok
}

// maxToldMistakes is how many documents that are wrong are told.
const maxToldMistakes = 10

// readManifest reads a manifest and checks all of its documents.
func readManifest(path string, check func(text string) error) (*manifest, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the manifest of trusted documents: %w", err)
	}
	listed, err := parseManifest(content)
	if err != nil {
		return nil, fmt.Errorf("the manifest of trusted documents, %s: %w", path, err)
	}
	m := &manifest{byID: map[string]string{}, byHash: map[string]string{}}
	var mistakes []error
	for _, d := range listed {
		_, twice := m.byID[d.id]
		switch err := check(d.text); {
		case twice:
			mistakes = append(mistakes, fmt.Errorf("document %.80q is there twice", d.id))
		case err != nil:
			mistakes = append(mistakes, fmt.Errorf("document %.80q: %w", d.id, err))
		}
		m.byID[d.id], m.byHash[sha256Of(d.text)] = d.text, d.text
	}
	if n := len(mistakes); n > maxToldMistakes {
		mistakes = append(mistakes[:maxToldMistakes], fmt.Errorf("and %d more", n-maxToldMistakes))
	}
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("the manifest of trusted documents, %s, has documents that cannot be executed:\n%w", path, errors.Join(mistakes...))
	}
	return m, nil
}

// listed is one document in a manifest.
type listed struct{ id, text string }

// apolloFormat is what Apollo's manifests call themselves.
const apolloFormat = "apollo-persisted-query-manifest"

// parseManifest reads a manifest: an object whose members are the documents by their ids, as graphql-codegen and Relay
// write it, or Apollo's, which says what it is.
func parseManifest(content []byte) ([]listed, error) {
	members, err := membersOf(content)
	if err != nil {
		return nil, err
	}
	var found []listed
	if isApollo(members) {
		found, err = parseApollo(content)
	} else {
		found, err = parseMap(members)
	}
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, errors.New("there are no documents in it")
	}
	for _, d := range found {
		if d.id == "" || len(d.id) > maxID {
			return nil, fmt.Errorf("an id has 1 to %d bytes, not %d", maxID, len(d.id))
		}
	}
	return found, nil
}

// member is a member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// membersOf are the members of a JSON object in their order; those of the same name are all there.
func membersOf(content []byte) (members []member, err error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.New("it must be one JSON object")
	}
	for decoder.More() {
		var m member
		name, err := decoder.Token()
		if err == nil {
			m.name, _ = name.(string)
			err = decoder.Decode(&m.value)
		}
		if err != nil {
			return nil, fmt.Errorf("it is no JSON: %w", err)
		}
		members = append(members, m)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("it is no JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return members, nil
}

func isApollo(members []member) bool {
	for _, m := range members {
		if m.name == "format" || m.name == "operations" {
			return true
		}
	}
	return false
}

func parseApollo(content []byte) (found []listed, err error) {
	var m struct {
		Format     string
		Version    int
		Operations []struct{ ID, Body string }
	}
	if err := json.Unmarshal(content, &m); err != nil {
		return nil, fmt.Errorf("it is no manifest of Apollo's: %w", err)
	}
	if m.Format != apolloFormat || m.Version != 1 {
		return nil, fmt.Errorf("its format must be %s, version 1", apolloFormat)
	}
	for _, operation := range m.Operations {
		found = append(found, listed{operation.ID, operation.Body})
	}
	return found, nil
}

func parseMap(members []member) (found []listed, err error) {
	for _, m := range members {
		d := listed{id: m.name}
		if m.value[0] != '"' || json.Unmarshal(m.value, &d.text) != nil {
			return nil, fmt.Errorf("the document %.80q must be a text", m.name)
		}
		found = append(found, d)
	}
	return found, nil
}
