package notify

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

const (
	// channel is the one that all messages of a database are announced on.
	channel = "gatehouse"
	// version is what announcements begin with that are written as envelope says.
	version = "1"
	// mostInline is how much of a payload an announcement holds, in base64: PostgreSQL takes less than 8,000 bytes.
	mostInline = 7800
)

// envelope is the text of a NOTIFY: version, id, transaction and topic, and then the payload in base64, separated by
// single spaces. A larger payload is only in the table, and its place here is not there.
type envelope struct {
	id          int64
	transaction uint64
	topic       string
	payload     []byte
	inline      bool // the payload is here
}

// inline is how an announcement ends.
func inline(payload []byte) string {
	if base64.StdEncoding.EncodedLen(len(payload)) > mostInline {
		return ""
	}
	return " " + base64.StdEncoding.EncodeToString(payload)
}

// open reads an announcement. Anybody who may connect to the database can make one.
func open(text string) (e envelope, err error) {
	parts := strings.Split(text, " ")
	if parts[0] != version || len(parts) < 4 || len(parts) > 5 {
		return e, fmt.Errorf("it is no announcement of version %s", version)
	}
	if e.id, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
		return e, fmt.Errorf("its number: %w", err)
	}
	if e.transaction, err = strconv.ParseUint(parts[2], 10, 64); err != nil {
		return e, fmt.Errorf("its transaction: %w", err)
	}
	e.topic = parts[3]
	if e.inline = len(parts) == 5; e.inline {
		if e.payload, err = base64.StdEncoding.Strict().DecodeString(parts[4]); err != nil {
			return e, fmt.Errorf("its payload: %w", err)
		}
	}
	return e, nil
}
