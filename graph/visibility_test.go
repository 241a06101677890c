package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// An unpublished product exists for its owner and staff only. These tests go all the ways there are in the schema to
// a product. What somebody is answered who may not see some products must be what they are answered when
// those have been deleted, to the letter: then nothing tells of them, be it a list, a count, a cursor, an order or an
// error. And whoever may see them must be answered something else, or the question was the wrong one.

// holds holds what everybody is answered against what they are answered when somebody's unpublished products have been
// deleted. Of the questions that belong together, some must find each.
func (g *gallery) holds(t *testing.T, questions, together []string) {
	t.Helper()
	turns := g.turnOfEach(t)
	before := g.answers(t, turns, questions)
	for _, owner := range []string{"inactive", "owner"} {
		g.forget(strings.ToUpper(owner))
		after := g.answers(t, turns, questions)
		found := map[string]bool{}
		for i, question := range questions {
			for who := range after {
				told := before[who][i] != after[who][i]
				toldStaff := before["staff"][i] != after["staff"][i]
				found[together[i]] = found[together[i]] || toldStaff
				sees := toldStaff && (who == "staff" || who == "owner" && owner == "owner")
				if told != sees {
					t.Errorf("%s is told of %s's: %v, want %v\n%s\n%s", who, owner, told, sees, question, difference(before[who][i], after[who][i]))
				}
			}
		}
		for _, name := range together {
			if !found[name] {
				t.Errorf("%s: not even staff find %s's", name, owner)
			}
			found[name] = true
		}
		before = after
	}
}

// reply is what is answered to a question, which must be one that makes sense.
func (g *gallery) reply(t *testing.T, turn *turn, question string) string {
	t.Helper()
	reply := g.ask(turn.expand(question), nil, turn.bearer)
	for _, code := range []string{"INTERNAL_SERVER_ERROR", "VALIDATION_FAILED", "PARSE_FAILED", "LIMIT_EXCEEDED", "BAD_USER_INPUT"} {
		if strings.Contains(reply, code) {
			t.Fatalf("%s: %s", question, cut(reply))
		}
	}
	return reply
}

// answers are the replies to all questions, in everybody's turn.
func (g *gallery) answers(t *testing.T, turns []*turn, questions []string) map[string][]string {
	t.Helper()
	answers := map[string][]string{}
	for _, turn := range turns {
		for _, question := range questions {
			answers[turn.who] = append(answers[turn.who], g.reply(t, turn, question))
		}
	}
	return answers
}

// difference is where two texts begin to differ.
func difference(a, b string) string {
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	from := max(0, at-100)
	return fmt.Sprintf("…%.300s\n…%.300s", a[min(from, len(a)):], b[min(from, len(b)):])
}
