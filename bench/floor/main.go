// Command floor is what a server costs at least: Go written by hand for the few operations of package operation, with no
// GraphQL in it. It decodes the request's JSON, looks its document up by its text, runs one prepared statement and writes the
// answer's JSON. It is here to be measured against, and serves nothing else.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
)

func main() {
	database := flag.String("database", "", "the SQLite file, or the URL of a PostgreSQL database")
	key := flag.String("key", "", "the secret key of tokens")
	flag.Parse()
	if err := serve(context.Background(), *database, []byte(*key)); err != nil {
		log.Fatal(err)
	}
}

// serve serves on a free port, and tells its address in a line of the log.
func serve(ctx context.Context, database string, key []byte) error {
	db, texts, err := open(database)
	if err != nil {
		return err
	}
	plans, err := newPlans(ctx, db, texts, key)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	log.Printf("url=http://%s", listener.Addr())
	return http.Serve(listener, plans)
}

// request is what clients send.
type request struct {
	Query     string
	Variables struct{ ID string }
	bearer    string // the Authorization header
}

// plan appends the answer to a request.
type plan func(context.Context, request, []byte) ([]byte, error)

// plans are the operations by their documents.
type plans map[string]plan

// buffers are of answers, to be used again.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

func (p plans) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	asked := request{bearer: r.Header.Get("Authorization")}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, found := p[asked.Query]
	if !found {
		http.Error(w, "unknown document", http.StatusBadRequest)
		return
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	// A context that may end would have the driver start a goroutine for each statement.
	body, err := answer(context.WithoutCancel(r.Context()), asked, (*buffer)[:0])
	switch {
	case errors.Is(err, errUnauthenticated):
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	*buffer = body
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // or the client has gone
}

// appendString appends a text as JSON.
func appendString(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' {
			quoted, err := json.Marshal(text)
			if err != nil {
				panic(fmt.Sprint("a string has JSON: ", err))
			}
			return append(to, quoted...)
		}
	}
	to = append(to, '"')
	to = append(to, text...)
	return append(to, '"')
}
