package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/requestid"
)

// presenter decides what a client is told of an error: the one place where errors become GraphQL's.
type presenter struct {
	log     *slog.Logger
	timeout time.Duration // how long a request may take, for the message that says so
	suggest bool          // whether a message may suggest names of the schema
}

// present tells refusals with their code, and of anything else only that it happened: it is logged here,
// once, under the request's id.
func (p presenter) present(ctx context.Context, err error) *gqlerror.Error {
	told, isTold := errors.AsType[*gqlerror.Error](err)
	refusal, isRefusal := errors.AsType[*fault.Error](err)
	switch {
	case isRefusal:
		return refused(path(ctx, told), refusal)
	case errors.Is(err, context.DeadlineExceeded):
		return refused(path(ctx, told), fault.Exceeded(limitTimeout, p.timeout.Milliseconds(), fmt.Sprintf("The request took longer than the %s it may take.", p.timeout)))
	case isTold && isOneOf(told):
		shown := refused(told.Path, fault.BadInput("%s", told.Message))
		shown.Locations = told.Locations
		return shown
	case isTold && strings.HasPrefix(told.Message, "exceeded maximum nesting depth"):
		return exceeded(limitNesting, parser.MaxNestingDepth, "The document is nested more than %d deep.")
	case isTold && told.Extensions["code"] != nil: // refused before anything ran
		return p.discreet(told)
	}
	requestID := requestid.FromContext(ctx)
	if !errors.Is(err, context.Canceled) { // nobody is left to answer
		p.log.ErrorContext(ctx, "internal error", "error", err, "path", path(ctx, told).String(), "request_id", requestID)
	}
	shown := refused(path(ctx, told), fault.New(fault.Internal, "Internal server error"))
	shown.Extensions["requestId"] = requestID
	return shown
}

// recovered turns a resolver's panic into an error with its stack, to be logged and not shown.
func recovered(_ context.Context, panicked any) error {
	return fmt.Errorf("panic: %v\n%s", panicked, debug.Stack())
}

func refused(at ast.Path, refusal *fault.Error) *gqlerror.Error {
	extensions := map[string]any{"code": string(refusal.Code)}
	if refusal.Reason != "" {
		extensions["reason"] = refusal.Reason
	}
	if refusal.RetryAfter > 0 {
		extensions["retryAfter"] = int(math.Ceil(refusal.RetryAfter.Seconds()))
	}
	if refusal.Limit != (fault.Limit{}) {
		extensions["limit"] = refusal.Limit
	}
	return &gqlerror.Error{Message: refusal.Message, Path: at, Extensions: extensions}
}

// maxMessage is how much is said about a document that does not parse or validate, in bytes: such
// messages quote it.
const maxMessage = 200

// suggestions are what gqlparser adds to some messages whether it may suggest names or not.
var suggestions = regexp.MustCompile(` Did you mean .*`)

// quotations are the ends of messages that quote a value: an unquoted password, say.
var quotations = regexp.MustCompile(`(?s)( value)?(: |, found ).*`)

// discreet keeps a message from repeating the request, and from telling of a schema that is not to be told.
func (p presenter) discreet(told *gqlerror.Error) *gqlerror.Error {
	if !p.suggest {
		told.Message = suggestions.ReplaceAllString(told.Message, "")
	}
	if told.Message == "operation  not found" { // without a name, where there are several
		told.Message = "The document has several operations: operationName must say which one is meant."
	}
	if told.Rule == "ValuesOfCorrectType" {
		told.Message = quotations.ReplaceAllString(told.Message, "$1.")
	}
	if len(told.Message) > maxMessage {
		told.Message = strings.ToValidUTF8(told.Message[:maxMessage], "") + "…"
	}
	return told
}

// isOneOf says whether gqlparser found a @oneOf literal without exactly one member. Its code is that of
// such a variable, which only we check.
func isOneOf(told *gqlerror.Error) bool {
	return told.Rule == "ValuesOfCorrectType" &&
		(strings.HasPrefix(told.Message, "OneOf Input Object") || strings.HasSuffix(told.Message, "must be non-null."))
}

// path is where the error belongs: where gqlgen put it (an argument, say), or the field being resolved.
func path(ctx context.Context, told *gqlerror.Error) ast.Path {
	if told != nil && len(told.Path) > 0 {
		return told.Path
	}
	return graphql.GetPath(ctx)
}
