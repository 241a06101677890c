// Package transport speaks GraphQL over HTTP. It takes the place of gqlgen's transports, which put the
// body of a bad request into the answer and read bodies of any size.
package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/fault"
)

const (
	mediaJSON     = "application/json"
	mediaResponse = "application/graphql-response+json"
)

// HTTP serves GraphQL over HTTP POST (https://graphql.github.io/graphql-over-http/draft/).
type HTTP struct {
	Executor graphql.GraphExecutor
	MaxBody  int64 // bytes; a longer request is answered 413
	Log      *slog.Logger
}

// maxErrors is how many errors of a request that was not executed are told.
const maxErrors = 5

// response is what is answered; unlike gqlgen's own it has no data when nothing was executed.
type response struct {
	Errors     gqlerror.List   `json:"errors,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
	Extensions map[string]any  `json:"extensions,omitempty"`
}

// ServeHTTP answers one request. Mistakes in the request as a whole have the status they have in HTTP;
// what GraphQL itself refuses is 200, or 400 for a client that asks for application/graphql-response+json.
func (h *HTTP) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	media := mediaJSON
	if strings.Contains(r.Header.Get("Accept"), mediaResponse) {
		media = mediaResponse
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, media, http.StatusMethodNotAllowed, "Send GraphQL requests by POST.")
		return
	}
	if !isJSON(r.Header.Get("Content-Type")) {
		h.refuse(w, media, http.StatusUnsupportedMediaType, "The Content-Type of a request must be application/json, in UTF-8.")
		return
	}
	params, err := decode(http.MaxBytesReader(w, r.Body, h.MaxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		h.refuse(w, media, http.StatusRequestEntityTooLarge, "The request body is too large.")
		return
	case errors.Is(err, os.ErrDeadlineExceeded):
		h.refuse(w, media, http.StatusRequestTimeout, "The request body did not arrive in time.")
		return
	case err != nil:
		h.refuse(w, media, http.StatusBadRequest, err.Error())
		return
	}
	params.Headers = r.Header
	status, answer := h.execute(r.Context(), params)
	if status == http.StatusBadRequest && media == mediaJSON {
		status = http.StatusOK
	}
	h.write(w, media, status, response{Errors: answer.Errors, Data: answer.Data, Extensions: answer.Extensions})
}

// execute answers a GraphQL request, with the status it has in application/graphql-response+json. Resolvers'
// panics are errors already; any other becomes one here, so that it is told and logged as every error is.
func (h *HTTP) execute(ctx context.Context, params *graphql.RawParams) (status int, answer *graphql.Response) {
	ctx = graphql.StartOperationTrace(ctx)
	defer func() {
		if panicked := recover(); panicked != nil {
			err := fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
			status, answer = http.StatusInternalServerError, h.Executor.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(err)})
		}
	}()
	operation, errs := h.Executor.CreateOperationContext(ctx, params)
	if errs != nil {
		return http.StatusBadRequest, h.Executor.DispatchError(graphql.WithOperationContext(ctx, operation), errs[:min(len(errs), maxErrors)])
	}
	answers, ctx := h.Executor.DispatchOperation(ctx, operation)
	if answer := answers(ctx); answer != nil {
		return http.StatusOK, answer
	}
	// The request's time was up before it ran, or the client is gone, and then nobody reads this.
	return http.StatusBadRequest, h.Executor.DispatchError(ctx, gqlerror.List{gqlerror.Wrap(context.Cause(ctx))})
}

// refuse answers a request that is no GraphQL request at all.
func (h *HTTP) refuse(w http.ResponseWriter, media string, status int, message string) {
	h.write(w, media, status, response{Errors: gqlerror.List{{
		Message:    message,
		Extensions: map[string]any{"code": string(fault.BadUserInput)},
	}}})
}

func (h *HTTP) write(w http.ResponseWriter, media string, status int, answer response) {
	w.Header().Set("Content-Type", media+"; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store") // answers hold tokens, and depend on who asks
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		h.Log.Debug("writing an answer", "error", err) // the client is gone
	}
}

var (
	errNotJSON = errors.New("The request body must be one JSON object with a query, and as it may be operationName, variables and extensions.") //nolint:staticcheck // shown to clients, so it is a sentence
	errNoQuery = errors.New("The request has no query.")                                                                                        //nolint:staticcheck // likewise
)

// decode reads a request. Its error is a *http.MaxBytesError, os.ErrDeadlineExceeded, or a sentence for the
// client, which holds nothing of the body.
func decode(body io.Reader) (*graphql.RawParams, error) {
	text, err := io.ReadAll(body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, os.ErrDeadlineExceeded):
		return nil, err
	case err != nil, !utf8.Valid(text): // ill-formed text would be mended silently, and two passwords become one
		return nil, errNotJSON
	}
	// Members are read one by one because a struct's would be found whatever the case of their names.
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil || members == nil {
		return nil, errNotJSON
	}
	params := &graphql.RawParams{}
	for name, into := range map[string]any{
		"query":         &params.Query,
		"operationName": &params.OperationName,
		"variables":     &params.Variables,
		"extensions":    &params.Extensions,
	} {
		if err := readMember(members[name], into); err != nil {
			return nil, errNotJSON
		}
	}
	if strings.TrimSpace(params.Query) == "" {
		return nil, errNoQuery
	}
	return params, nil
}

// readMember reads a member of the request; one that is absent or null stays as it is. Numbers keep their
// digits: prices are exact.
func readMember(text json.RawMessage, into any) error {
	if text == nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func isJSON(contentType string) bool {
	media, params, err := mime.ParseMediaType(contentType)
	charset := params["charset"]
	return err == nil && media == mediaJSON && (charset == "" || strings.EqualFold(charset, "utf-8"))
}
