package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/persisted"
	"github.com/gatehouse/gatehouse/internal/surrogate"
)

// refusal is why a request is no GraphQL request at all, or none that can be made in this way. Its message is a sentence
// for the client, and holds nothing of the request.
type refusal struct {
	status     int // of HTTP
	specStatus int // the same by the specification, where that says another
	message    string
	allow      string      // what methods may be used; empty: no matter
	limit      fault.Limit // that is exceeded; the zero Limit: none
}

// The parts of a request, as members of a JSON object or parameters of an address.
const (
	partQuery         = "query"
	partOperationName = "operationName"
	partVariables     = "variables"
	partExtensions    = "extensions"
	partDocumentID    = "documentId" // in the place of the query
	partDocID         = "doc_id"     // the same, as Relay's documentation spells it
)

// The limits of requests, as clients are told their names.
const (
	limitBody       = "body"       // in bytes
	limitTimeout    = "timeout"    // in milliseconds
	limitOperations = "operations" // at a time, in one WebSocket
)

const wanted = "The request body must be one JSON object with a query, and as it may be operationName, variables and extensions."

var (
	notJSON = &refusal{status: http.StatusBadRequest, message: wanted}
	// Those that are JSON, or the like of an address, and yet no request.
	notRequest = malformed(wanted)
	noQuery    = malformed("The request has no query.")
	twoIDs     = malformed("A request has one of query, documentId and doc_id.")
)

func malformed(message string) *refusal {
	return &refusal{status: http.StatusBadRequest, specStatus: http.StatusUnprocessableEntity, message: message}
}

// received is a request as it came: by POST a body, or by GET an address.
type received struct {
	body    []byte
	address *url.URL // nil: by POST
}

// receive takes a request by POST or by GET.
func (g *GraphQL) receive(w http.ResponseWriter, r *http.Request) (received, *refusal) {
	switch r.Method {
	case http.MethodPost:
		if !isJSON(r.Header.Get("Content-Type")) {
			return received{}, &refusal{status: http.StatusUnsupportedMediaType, message: "The Content-Type of a request must be application/json, in UTF-8."}
		}
		body, refused := g.readAll(w, r)
		return received{body: body}, refused
	case http.MethodGet:
		// A body means nothing here. But what is not read of it now the server waits for before it writes an answer, and a
		// stream has no time limit any more by then.
		_, refused := g.readAll(w, r)
		return received{address: r.URL}, refused
	}
	return received{}, &refusal{status: http.StatusMethodNotAllowed, allow: "GET, POST", message: "Send GraphQL requests by POST, or queries by GET."}
}

// read reads what was received, with the request's header.
func (q received) read(header http.Header) (params *graphql.RawParams, refused *refusal) {
	if q.address != nil {
		params, refused = readAddress(q.address)
	} else {
		params, refused = decode(q.body)
	}
	if refused == nil {
		params.Headers = header
	}
	return params, refused
}

func (g *GraphQL) readAll(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	if r.ContentLength > g.MaxBody {
		return nil, g.tooLarge()
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, g.MaxBody))
	if err == nil {
		return text, nil
	}
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return nil, g.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &refusal{
			status:  http.StatusRequestTimeout,
			message: fmt.Sprintf("The request body did not arrive in time, which is %s.", g.Timeout),
			limit:   fault.Limit{Name: limitTimeout, Max: g.Timeout.Milliseconds()},
		}
	}
	return nil, notJSON
}

func (g *GraphQL) tooLarge() *refusal {
	return &refusal{
		status:  http.StatusRequestEntityTooLarge,
		message: fmt.Sprintf("The request body is larger than %d bytes.", g.MaxBody),
		limit:   fault.Limit{Name: limitBody, Max: g.MaxBody},
	}
}

// decode reads a request from a JSON object.
func decode(text []byte) (*graphql.RawParams, *refusal) {
	switch {
	case !utf8.Valid(text), bytes.IndexByte(text, '\\') >= 0 && surrogate.Unpaired(string(text)):
		return nil, notJSON // it would be mended silently, and two passwords become one
	case !json.Valid(text):
		return nil, notJSON
	}
	var parts parts
	if !members(text, parts.note) {
		return nil, notRequest
	}
	query, notQuery := readText(parts.query)
	name, notName := readText(parts.operationName)
	documentID, notDocumentID := readText(parts.documentID)
	docID, notDocID := readText(parts.docID)
	params := &graphql.RawParams{Query: query, OperationName: name}
	if notQuery != nil || notName != nil || notDocumentID != nil || notDocID != nil ||
		readMember(parts.variables, &params.Variables) != nil || readMember(parts.extensions, &params.Extensions) != nil {
		return nil, notRequest
	}
	return identify(params, documentID, docID)
}

// parts are the members that a request may have, as they are written; nil: it has none of that name. They are not those of a
// struct to encoding/json, which would find them whatever the case of their names.
type parts struct{ query, operationName, variables, extensions, documentID, docID json.RawMessage }

// note notes a member. Of those of one name the last counts.
func (p *parts) note(name, value []byte) {
	switch nameOf(name) {
	case partQuery:
		p.query = value
	case partOperationName:
		p.operationName = value
	case partVariables:
		p.variables = value
	case partExtensions:
		p.extensions = value
	case partDocumentID:
		p.documentID = value
	case partDocID:
		p.docID = value
	}
}

// nameOf is the name of a member as it is meant.
func nameOf(written []byte) string {
	if bytes.IndexByte(written, '\\') < 0 {
		return string(written[1 : len(written)-1])
	}
	var name string
	_ = json.Unmarshal(written, &name) // it is valid
	return name
}

// readText is the text that a member is, as readMember reads it; empty for one that is absent or null.
func readText(member json.RawMessage) (text string, err error) {
	if len(member) == 0 {
		return "", nil
	}
	if member[0] == '"' && bytes.IndexByte(member, '\\') < 0 {
		return string(member[1 : len(member)-1]), nil
	}
	var escaped string
	err = readMember(member, &escaped)
	return escaped, err
}

// identify has a request name its document by an id, if it has one. A request without a query must name a document in some
// way, be it by the extension of Apollo's clients.
func identify(params *graphql.RawParams, documentID, docID string) (*graphql.RawParams, *refusal) {
	if strings.TrimSpace(params.Query) == "" {
		params.Query = ""
	}
	id := documentID + docID
	switch {
	case documentID != "" && docID != "", id != "" && params.Query != "":
		return nil, twoIDs
	case id == "" && params.Query == "" && params.Extensions["persistedQuery"] == nil:
		return nil, noQuery
	}
	delete(params.Extensions, persisted.DocumentIDKey)
	if id != "" {
		if params.Extensions == nil {
			params.Extensions = map[string]any{}
		}
		params.Extensions[persisted.DocumentIDKey] = persisted.DocumentID(id)
	}
	return params, nil
}

// readAddress reads a request from the parameters of an address.
func readAddress(address *url.URL) (*graphql.RawParams, *refusal) {
	bad := func(message string) (*graphql.RawParams, *refusal) { return nil, malformed(message) }
	values, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, message: "The request's parameters cannot be read."}
	}
	params := &graphql.RawParams{Query: values.Get(partQuery), OperationName: values.Get(partOperationName)}
	for _, name := range []string{partQuery, partOperationName, partVariables, partExtensions, partDocumentID, partDocID} {
		if len(values[name]) > 1 {
			return bad("The parameter " + name + " is given more than once.")
		}
		if !utf8.ValidString(values.Get(name)) {
			return bad("The parameter " + name + " is not UTF-8.")
		}
	}
	for name, into := range map[string]any{partVariables: &params.Variables, partExtensions: &params.Extensions} {
		text := values.Get(name)
		if text != "" && (surrogate.Unpaired(text) || !json.Valid([]byte(text)) || readMember([]byte(text), into) != nil) {
			return bad("The parameter " + name + " must be a JSON object.")
		}
	}
	return identify(params, values.Get(partDocumentID), values.Get(partDocID))
}

// readMember reads a member of the request; one that is absent or null stays as it is. Numbers keep their
// digits: prices are exact.
func readMember(text json.RawMessage, into any) error {
	if text == nil || string(text) == "null" {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func isJSON(contentType string) bool {
	if contentType == mediaJSON { // as nearly everybody says it
		return true
	}
	media, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && media == mediaJSON && (charset == "" || strings.EqualFold(charset, "utf-8"))
}
