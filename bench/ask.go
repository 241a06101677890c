package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// request is what a server is sent: a POST of JSON.
type request struct {
	path   string
	header http.Header
	body   []byte
}

// graphQL is the request for an operation, with the access token if the operation is signed.
func graphQL(o operation.Operation, access string) (request, error) {
	body, err := o.Body()
	header := http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json"}, "Accept-Encoding": {"identity"}}
	if o.Signed {
		header.Set("Authorization", "Bearer "+access)
	}
	return request{path: "/graphql", header: header, body: body}, err
}

// send asks once, and answers what came, its head and body as they were sent.
func (s *server) send(ctx context.Context, asked request) (head, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+asked.path, bytes.NewReader(asked.body))
	if err != nil {
		return nil, nil, err
	}
	r.Header = asked.header
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if head, err = httputil.DumpResponse(response, false); err != nil {
		return nil, nil, err
	}
	body, err = io.ReadAll(response.Body)
	return head, body, err
}

// ask asks once, and answers the data.
func (s *server) ask(ctx context.Context, o operation.Operation, access string) (map[string]any, error) {
	asked, err := graphQL(o, access)
	if err != nil {
		return nil, err
	}
	_, body, err := s.send(ctx, asked)
	if err != nil {
		return nil, err
	}
	return data(body)
}

// data is what an answer has. It is an error when there are errors in it or no value.
func data(body []byte) (map[string]any, error) {
	var answer struct {
		Data   map[string]any
		Errors []any
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%w: %s", err, body)
	}
	if len(answer.Errors) > 0 {
		return nil, fmt.Errorf("errors in an answer: %v", answer.Errors)
	}
	for _, value := range answer.Data {
		if value != nil {
			return answer.Data, nil
		}
	}
	return nil, errors.New("an answer of nothing")
}

// agree is an error unless each operation has the same answer, as a JSON value, of all who answer it.
func (all servers) agree(ctx context.Context, operations []operation.Operation, access string) error {
	for _, o := range operations {
		var first *server
		var want map[string]any
		for _, s := range all {
			if !s.answers(o) {
				continue
			}
			got, err := s.ask(ctx, o, access)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", s.name, o.Name, err)
			}
			if first == nil {
				first, want = s, got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				return fmt.Errorf("%s answers otherwise than %s (-), %s:\n%s", s.name, first.name, o.Name, diff)
			}
		}
	}
	return nil
}
