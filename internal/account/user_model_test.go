package account_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

// isFound is the model of a search: each word is somewhere in the username, the address or the names.
func isFound(u *ent.User, search string) bool {
	return !slices.ContainsFunc(strings.Fields(search), func(word string) bool {
		identifier := fold.Identifier(word)
		return !strings.Contains(fold.Identifier(u.Username), identifier) &&
			!strings.Contains(fold.Identifier(u.Email), identifier) &&
			!strings.Contains(fold.Text(u.FirstName+" "+u.LastName), fold.Text(word))
	})
}

// isMeant is the model of a filter, two-valued: whatever does not hold, its negation does.
func isMeant(u *ent.User, f *account.UserWhere) bool {
	if f == nil {
		return true
	}
	during := func(r *filter.DateTimeRange, at time.Time) bool {
		return r == nil || (r.Gte == nil || !at.Before(*r.Gte)) && (r.Gt == nil || at.After(*r.Gt)) &&
			(r.Lte == nil || !at.After(*r.Lte)) && (r.Lt == nil || at.Before(*r.Lt))
	}
	return (f.IDs == nil || slices.Contains(f.IDs, u.ID)) &&
		isCalled(u.Username, f.Username) && isCalled(u.Email, f.Email) &&
		(f.IsActive == nil || *f.IsActive == u.IsActive) &&
		(f.IsStaff == nil || *f.IsStaff == u.IsStaff) &&
		during(f.DateJoined, u.DateJoined) &&
		!slices.ContainsFunc(f.And, func(f *account.UserWhere) bool { return !isMeant(u, f) }) &&
		(f.Or == nil || slices.ContainsFunc(f.Or, func(f *account.UserWhere) bool { return isMeant(u, f) })) &&
		(f.Not == nil || !isMeant(u, f.Not))
}

func isCalled(name string, f *filter.StringFilter) bool {
	return f == nil ||
		(f.Eq == nil || fold.Canonical(*f.Eq) == name) &&
			(f.In == nil || slices.ContainsFunc(f.In, func(one string) bool { return fold.Canonical(one) == name })) &&
			(f.Contains == nil || strings.Contains(fold.Identifier(name), fold.Identifier(*f.Contains))) &&
			(f.StartsWith == nil || strings.HasPrefix(fold.Identifier(name), fold.Identifier(*f.StartsWith)))
}

// userLevelsOf are the levels of an order that say anything; by username when there are none.
func userLevelsOf(order []*account.UserOrder) (levels []account.UserOrder) {
	for _, level := range order {
		if !slices.ContainsFunc(levels, func(l account.UserOrder) bool { return l.Field == level.Field }) {
			levels = append(levels, *level)
		}
	}
	if len(levels) == 0 {
		levels = []account.UserOrder{{Field: account.UserByUsername, Direction: page.Ascending}}
	}
	return levels
}

// comparing is how users are sorted. Those that are alike go by id, in the direction of the last level.
func comparing(order []*account.UserOrder) func(a, b *ent.User) int {
	levels := userLevelsOf(order)
	return func(a, b *ent.User) int {
		for _, level := range levels {
			if c := compareUsers(a, b, level); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.ID, b.ID) * sign(levels[len(levels)-1].Direction)
	}
}

func compareUsers(a, b *ent.User, level account.UserOrder) int {
	by := sign(level.Direction)
	switch level.Field {
	case account.UserByUsername:
		return by * strings.Compare(fold.Identifier(a.Username), fold.Identifier(b.Username))
	case account.UserByEmail:
		return by * strings.Compare(fold.Identifier(a.Email), fold.Identifier(b.Email))
	case account.UserByDateJoined:
		return by * a.DateJoined.Compare(b.DateJoined)
	case account.UserByLastLogin:
	}
	switch { // who never signed in comes last, in both directions
	case a.LastLogin == nil && b.LastLogin == nil:
		return 0
	case a.LastLogin == nil:
		return 1
	case b.LastLogin == nil:
		return -1
	}
	return by * a.LastLogin.Compare(*b.LastLogin)
}

func sign(d page.Direction) int {
	if d == page.Descending {
		return -1
	}
	return 1
}

// arranged is the model of a list of users.
func arranged(all []*ent.User, keep func(*ent.User) bool, order []*account.UserOrder) []*ent.User {
	rows := slices.DeleteFunc(slices.Clone(all), func(u *ent.User) bool { return !keep(u) })
	slices.SortFunc(rows, comparing(order))
	return rows
}

// TestUsersGoByTheModel asks a registry of 200 users 1,000 random questions, each of up to four pages whose cursors are
// from the answers before: every answer has to be the model's, in full. A failure is cut down to a simple question.
func TestUsersGoByTheModel(t *testing.T) {
	w := build(t)
	all := w.populate(t, 200)
	var n questions
	for range 10 {
		rapid.Check(t, func(rt *rapid.T) { n.ask(asStaff(t), rt, w, all) })
	}
	t.Logf("%+v", n)
	if n.filled < n.asked/2 || min(n.empty, n.refused, n.followed) < n.asked/20 {
		t.Error("they try too little")
	}
}

// questions counts what questions come to: answers with rows, of lists without any, none, and those with a cursor.
type questions struct{ asked, filled, empty, refused, followed int }

// ask asks a question, and some more after it with the cursors of the answers.
func (n *questions) ask(ctx context.Context, t *rapid.T, w *world, all []*ent.User) {
	n.asked++
	search, where, order := drawUserSearch(t, all), drawUserFilter(t, all, 2), drawUserOrder(t)
	list := fmt.Sprint(userLevelsOf(order)) // a cursor is good for any search and filter
	var known []*pagetest.Spot[*ent.User]
	for range one(t, "pages", 3, 2, 4, 1) {
		ask := pagetest.Draw(t, known)
		t.Logf("search %s where %s by %s: %+v", describe(search), describe(where), list, ask)
		got, err := w.Users(ctx, ask.Args(), search, where, order, page.Fields{"nodes": nil, "edges": nil, "pageInfo": nil, "totalCount": nil})
		if ask.Refused(list) {
			n.refused++
			if fault.CodeOf(err) != fault.BadUserInput {
				t.Fatal("the question is not refused as it should be")
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		want := ask.Answer(arranged(all, func(u *ent.User) bool {
			return isMeant(u, where) && (search == nil || isFound(u, *search))
		}, order), comparing(order))
		if differ := want.Differs(got, userID); differ != "" {
			t.Log(differ)
			t.Fatal("the answer is not the model's")
		}
		for count, is := range map[*int]bool{
			&n.filled: len(want.Rows) > 0, &n.empty: want.Total == 0, &n.followed: ask.After != nil || ask.Before != nil,
		} {
			if is {
				*count++
			}
		}
		known = append(known, pagetest.Spots(got, list)...)
		if one(t, "another filter", false, false, true) {
			search, where = drawUserSearch(t, all), drawUserFilter(t, all, 1)
		}
	}
}

// one is one of these.
func one[T any](t *rapid.T, name string, of ...T) T { return rapid.SampledFrom(of).Draw(t, name) }

func describe(v any) string {
	text, err := json.Marshal(v)
	return fmt.Sprint(string(text), err)
}

// someone is one of the users, of which only the number is told.
func someone(t *rapid.T, all []*ent.User) *ent.User {
	return all[rapid.IntRange(0, len(all)-1).Draw(t, "user")]
}

// part is a part of one of a user's texts, typed in one way or another.
func part(t *rapid.T, all []*ent.User) string {
	u := someone(t, all)
	text := []rune(one(t, "text", u.Username, u.Email, u.FirstName, u.LastName, "%", "_", `\`, "\x00", "ＡＤＡ"))
	from := rapid.IntRange(0, len(text)).Draw(t, "from")
	piece := string(text[from:min(len(text), from+one(t, "length", 2, 1, 3, 9))])
	if one(t, "upper case", false, true) {
		return strings.ToUpper(piece)
	}
	return piece
}

func drawUserSearch(t *rapid.T, all []*ent.User) *string {
	var words []string
	for range one(t, "words", 0, 1, 2, 3) {
		words = append(words, part(t, all))
	}
	if len(words) == 0 {
		return one(t, "no search", nil, new(""), new(" \u3000"))
	}
	return new(strings.Join(words, " "))
}

func drawUserOrder(t *rapid.T) []*account.UserOrder {
	var order []string
	for range one(t, "levels", 1, 2, 0, 3, 4) {
		order = append(order, one(t, "field", "LAST_LOGIN", "USERNAME", "EMAIL", "DATE_JOINED")+one(t, "direction", "", "-"))
	}
	return byUser(order...)
}

// drawUserFilter draws a filter with others within it down to the depth.
func drawUserFilter(t *rapid.T, all []*ent.User, depth int) *account.UserWhere {
	f := &account.UserWhere{}
	name := func(of string) *filter.StringFilter {
		switch one(t, "name", "contains", "starts", "eq", "in") {
		case "contains":
			return &filter.StringFilter{Contains: new(part(t, all))}
		case "starts":
			return &filter.StringFilter{StartsWith: new(one(t, "beginning", strings.ToUpper(of), string([]rune(of)[:1]), part(t, all)))}
		case "eq":
			return &filter.StringFilter{Eq: new(one(t, "exactly", of, strings.ToUpper(of)))}
		}
		return &filter.StringFilter{In: []string{of, someone(t, all).Username, someone(t, all).Email}[:one(t, "members", 3, 2, 0)]}
	}
	for range one(t, "conditions", 1, 0, 2) {
		switch one(t, "condition", "active", "staff", "joined", "username", "email", "ids") {
		case "ids":
			f.IDs = []int64{someone(t, all).ID, someone(t, all).ID, -1, 1 << 40}[:one(t, "ids", 4, 1, 0)]
		case "active":
			f.IsActive = new(rapid.Bool().Draw(t, "active"))
		case "staff":
			f.IsStaff = new(rapid.Bool().Draw(t, "staff"))
		case "username":
			f.Username = name(someone(t, all).Username)
		case "email":
			f.Email = name(someone(t, all).Email)
		case "joined":
			at := someone(t, all).DateJoined.In(time.FixedZone("", one(t, "zone", 0, 5*3600, -11*3600)))
			f.DateJoined = one(t, "range", &filter.DateTimeRange{Gte: &at}, &filter.DateTimeRange{Lt: &at}, &filter.DateTimeRange{Gt: &at}, &filter.DateTimeRange{Lte: &at}, &filter.DateTimeRange{})
		}
	}
	if depth == 0 {
		return f
	}
	members := func() []*account.UserWhere {
		list := make([]*account.UserWhere, one(t, "members", 2, 1, 3, 0))
		for i := range list {
			list[i] = drawUserFilter(t, all, depth-1)
		}
		return list
	}
	switch one(t, "combined", "none", "or", "not", "and") {
	case "and":
		f.And = members()
	case "or":
		f.Or = members()
	case "not":
		f.Not = drawUserFilter(t, all, depth-1)
	}
	return f
}
