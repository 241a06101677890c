package main

import (
	"context"
	"errors"
	"testing"
	"time"
)

// busy is a scenario with one who asks the server, and takes an answer as it is told to.
func busy(then func([]byte) error) scenario {
	return scenario{name: "busy", others: func(string) stream {
		return stream{
			name:    "busy",
			callers: 1,
			failing: true,
			next:    func(context.Context) (request, error) { return request{path: "/"}, nil },
			then:    then,
		}
	}}
}

func TestOthersStayUntilTheyAreToldToLeave(t *testing.T) {
	answers := make(chan struct{}, 3)
	enough := busy(func([]byte) error {
		select {
		case answers <- struct{}{}:
		default:
		}
		return nil
	})
	leave := enough.come(t.Context(), counting(t, func(int64) bool { return false }), "")
	for range cap(answers) {
		select {
		case <-answers:
		case <-time.After(patience):
			t.Fatal("the others do nothing")
		}
	}
	took, err := leave()
	if err != nil || took.answered < cap(answers) || took.failed > 0 {
		t.Errorf("%+v (%v)", took, err)
	}
}

// Otherwise readers would be measured beside nobody, and do well.
func TestOthersWhoAreOnlyRefusedAreNone(t *testing.T) {
	refused := errors.New("refused")
	seen := make(chan struct{}, 1)
	leave := busy(func([]byte) error {
		select {
		case seen <- struct{}{}:
		default:
		}
		return refused
	}).come(t.Context(), counting(t, func(int64) bool { return false }), "")
	<-seen
	if _, err := leave(); !errors.Is(err, refused) {
		t.Errorf("%v, not %v", err, refused)
	}
	leave = scenarios()[0].come(t.Context(), nil, "")
	if took, err := leave(); err != nil || took != (result{}) {
		t.Errorf("of nobody: %+v (%v)", took, err)
	}
}
