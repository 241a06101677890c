package transport

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/gatehouse/gatehouse/internal/surrogate"
)

// The types of messages.
const (
	connectionInit = "connection_init"
	connectionAck  = "connection_ack"
	ping           = "ping"
	pong           = "pong"
	subscribe      = "subscribe"
	next           = "next"
	failure        = "error"
	complete       = "complete"
)

// message is one message of graphql-transport-ws.
type message struct {
	Type    string `json:"type"`
	ID      string `json:"id,omitempty"`
	Payload any    `json:"payload,omitempty"`
}

// text is the message as JSON, for one that holds no answer: all others can be written.
func (m message) text() []byte {
	text, _ := json.Marshal(m)
	return text
}

// heard is a message of the client's.
type heard struct {
	kind, id string
	payload  json.RawMessage // nil: none, or null
}

// parse reads a message; whatever else is in it is passed over. It answers false for what is none.
func parse(text []byte) (m heard, ok bool) {
	var members map[string]json.RawMessage
	if !utf8.Valid(text) || surrogate.Unpaired(string(text)) || json.Unmarshal(text, &members) != nil || members == nil {
		return m, false
	}
	if members["type"] == nil || json.Unmarshal(members["type"], &m.kind) != nil {
		return m, false
	}
	if id := members["id"]; id != nil && json.Unmarshal(id, &m.id) != nil {
		return m, false
	}
	if payload := members["payload"]; string(payload) != "null" {
		m.payload = payload
	}
	return m, true
}

// authorization is the Authorization header in the payload of a connection_init, which may be named in any case as in
// HTTP; empty when there is none. It answers false for a payload that is no object, a header that is no text, and several
// headers: none of them goes before another.
func authorization(payload json.RawMessage) (header string, ok bool) {
	if payload == nil {
		return "", true
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(payload, &members) != nil || members == nil {
		return "", false
	}
	given := false
	for name, member := range members {
		if !strings.EqualFold(name, "Authorization") || string(member) == "null" {
			continue
		}
		if given || json.Unmarshal(member, &header) != nil {
			return "", false
		}
		given = true
	}
	return header, true
}
