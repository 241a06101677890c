package transport_test

import (
	"context"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/token"
	"github.com/gatehouse/gatehouse/internal/transport"
)

// speechless is an executor that cannot even tell an error.
type speechless struct{ graphql.GraphExecutor }

// DispatchError implements graphql.GraphExecutor.
func (speechless) DispatchError(context.Context, gqlerror.List) *graphql.Response { panic("secret") }

func beSpeechless(set *transport.Settings) { set.Executor = speechless{set.Executor} }

// What panics beside a stream, where no handler recovers, is one line in the log and ends that stream, in a way that has its
// client come again. Other streams do not notice.
func TestPanicsBesideStreams(t *testing.T) {
	s := stageFor(t, nil, beSpeechless, pace(func(p *transport.Pace) { p.Renew = soon }))
	bystander, socket := s.join(), s.join()
	bystander.subscribe("1", "hanging on")
	socket.subscribe("1", "hanging on")
	socket.subscribe("2", "panicking")
	socket.closed(1013, "Try again later")
	s.eventually("one line in the log", func() bool { return strings.Count(s.log.String(), "panic: secret") == 1 })
	s.eventually("the bystander's runs on", func() bool { return s.running == 1 })

	events := s.listen("hanging on", "Authorization", "Bearer ada")
	s.eventually("it runs", func() bool { return s.running == 2 })
	s.says("ada", token.NewError(token.Expired)) // which cannot be told
	events.ends()
	s.eventually("another line in the log", func() bool { return strings.Count(s.log.String(), "panic: secret") == 2 })
	s.eventually("the bystander's runs on", func() bool { return s.running == 1 })
	bystander.answers("2")
}
