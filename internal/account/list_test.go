package account_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/user"
	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/page"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

// asStaff is a context in which staff ask.
func asStaff(t testing.TB) context.Context {
	t.Helper()
	return auth.WithAuthorization(t.Context(), "Bearer x", func(context.Context, string) (auth.Viewer, error) {
		return auth.Viewer{UserID: 1 << 31, IsStaff: true}, nil
	})
}

// hardLogins are when users last signed in: nil is never, and some differ by what a text of a time may leave out.
func hardLogins() []*time.Time {
	start := noon.Truncate(time.Second)
	return []*time.Time{
		nil, &start, new(start.Add(100 * time.Millisecond)), nil, new(start.Add(120 * time.Millisecond)),
		new(start.Add(123 * time.Millisecond)), nil, &start, new(start.Add(time.Second)), new(start.Add(-time.Millisecond)),
	}
}

// populate makes n users, whose names sort in ways worth a test, and answers them all.
func (w *world) populate(t testing.TB, n int) []*ent.User {
	t.Helper()
	names := []string{"ada", "Ada", "ÄDA", "äda", "ζεύς", "ΖΕΎΣ", "straße", "STRASSE", "水", "𝒳", "zoë", "_", "-a", "1", "10", "2"}
	logins := hardLogins()
	start := noon.Truncate(time.Second)
	w.write(t, func(tx *ent.Tx) error {
		rows := make([]*ent.UserCreate, n)
		for i := range rows {
			name := fmt.Sprintf("%s.%d", names[i*7%len(names)], i)
			email := fmt.Sprintf("%d@%s.example", (n-i)*13%17, names[i*5%len(names)])
			first, last := []string{"", "Änne", "ＡDA Ζεύς"}[i%3], []string{"", "Straße 100%", "Ada"}[i*i%3]
			rows[i] = tx.User.Create().SetUsername(name).SetUsernameKey(fold.Identifier(name)).
				SetEmail(email).SetEmailKey(fold.Identifier(email)).SetPasswordHash("-").
				SetFirstName(first).SetLastName(last).SetNameKey(fold.Text(first + " " + last)).
				SetIsActive(i%5 != 0).SetIsStaff(i%7 == 0).
				SetDateJoined(start.Add(time.Duration(i%4) * time.Second)).SetNillableLastLogin(logins[i*3%len(logins)])
		}
		return tx.User.CreateBulk(rows...).Exec(t.Context())
	})
	all, err := w.db.Read.User.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.ran.take()
	return all
}

// userOrders are the orders that walks are tried with: nil, each field both ways, and several levels. "-" is downwards.
var userOrders = [][]string{
	nil,
	{"USERNAME"},
	{"USERNAME-"},
	{"EMAIL"},
	{"EMAIL-"},
	{"DATE_JOINED"},
	{"DATE_JOINED-"},
	{"LAST_LOGIN"},
	{"LAST_LOGIN-"},
	{"LAST_LOGIN", "DATE_JOINED-"},
	{"LAST_LOGIN-", "DATE_JOINED"},
	{"DATE_JOINED", "LAST_LOGIN-"},
	{"DATE_JOINED-", "LAST_LOGIN"},
	{"EMAIL", "LAST_LOGIN-", "USERNAME"},
	{"LAST_LOGIN-", "LAST_LOGIN", "EMAIL"}, // a repeated field says nothing new
}

func byUser(fields ...string) (levels []*account.UserOrder) {
	for _, f := range fields {
		level := &account.UserOrder{Field: account.UserOrderField(f), Direction: page.Ascending}
		if field, descends := strings.CutSuffix(f, "-"); descends {
			level = &account.UserOrder{Field: account.UserOrderField(field), Direction: page.Descending}
		}
		levels = append(levels, level)
	}
	return levels
}

func (w *world) users(ctx context.Context, where *account.UserWhere, orderBy []*account.UserOrder) pagetest.List[*ent.User] {
	return func(args page.Args, selected page.Fields) (*account.UserConnection, error) {
		return w.Users(ctx, args, nil, where, orderBy, selected)
	}
}

func userID(u *ent.User) int64 { return u.ID }

func TestUserWalks(t *testing.T) {
	w := build(t)
	all := w.populate(t, 120)
	for _, order := range userOrders {
		levels := byUser(order...)
		want := arranged(all, func(*ent.User) bool { return true }, levels)
		active := arranged(all, func(u *ent.User) bool { return u.IsActive }, levels)
		for _, backward := range []bool{false, true} {
			for _, size := range pagetest.Sizes() {
				t.Run(fmt.Sprintf("%s/by %d/%s", order, size, pagetest.Direction(backward)), func(t *testing.T) {
					t.Parallel()
					pagetest.Walk(t, w.users(asStaff(t), nil, levels), userID, want, size, backward)
				})
			}
			t.Run(fmt.Sprintf("%s/active/%s", order, pagetest.Direction(backward)), func(t *testing.T) {
				t.Parallel()
				pagetest.Walk(t, w.users(asStaff(t), &account.UserWhere{IsActive: new(true)}, levels), userID, active, 7, backward)
			})
		}
	}
}

// While users register, sign in, change their names and are deleted, a walk meets everybody who stays and keeps their
// sort key once, in order.
func TestUserWalksWhileTheListChanges(t *testing.T) {
	for _, order := range userOrders {
		for _, search := range []*string{nil, new("a")} {
			for _, backward := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/search %v/%s", order, search != nil, pagetest.Direction(backward)), func(t *testing.T) {
					t.Parallel()
					w := build(t)
					all := w.populate(t, 120)
					pages := func(args page.Args, selected page.Fields) (*account.UserConnection, error) {
						return w.Users(asStaff(t), args, search, nil, byUser(order...), selected)
					}
					pagetest.WalkDisturbed(t, pages, userID, 7, backward,
						func(step int, seen []int64) { w.disturb(t, step, all, seen) },
						func() []*ent.User {
							settled := w.settled(t, all, byUser(order...), func(u *ent.User) bool { return search == nil || isFound(u, *search) })
							if len(settled) < 40 {
								t.Errorf("only %d users are settled", len(settled))
							}
							return settled
						})
				})
			}
		}
	}
}

// disturb makes three users and deletes one or two: the last one of the page just seen, and one wherever they stand. And it
// changes one thing about one, another thing in each step: some sign in for the first time, some are as if they never had.
func (w *world) disturb(t *testing.T, step int, all []*ent.User, seen []int64) {
	t.Helper()
	w.write(t, func(tx *ent.Tx) error {
		for i, name := range []string{"!", "m", "zz"} {
			name = fmt.Sprint(name, step)
			if err := tx.User.Create().SetUsername(name).SetUsernameKey(name).SetEmail(name + "@x").SetEmailKey(name + "@x").
				SetPasswordHash("-").SetDateJoined(all[step].DateJoined).SetNillableLastLogin(hardLogins()[(step+i)%10]).Exec(t.Context()); err != nil {
				return err
			}
		}
		change := tx.User.Update().Where(user.ID(all[(step*31+5)%len(all)].ID))
		switch name := fmt.Sprint("Moved.", step); step % 5 {
		case 0:
			change.ClearLastLogin()
		case 1:
			change.SetLastLogin(noon.Add(time.Hour))
		case 2:
			change.SetUsername(name).SetUsernameKey(fold.Identifier(name))
		case 3:
			change.SetEmail(name + "@x").SetEmailKey(fold.Identifier(name + "@x"))
		case 4: // nothing that anything is sorted by
			change.SetFirstName("Zoë").SetNameKey("zoë ").SetIsActive(false)
		}
		if err := change.Exec(t.Context()); err != nil {
			return err
		}
		leaving := seen[len(seen)-1:]
		if step%2 == 0 {
			leaving = append(leaving, all[(step*13+11)%len(all)].ID)
		}
		_, err := tx.User.Delete().Where(user.IDIn(leaving...)).Exec(t.Context())
		return err
	})
}

// settled are the users of a list that there were before, are still in it, and have kept their sort key.
func (w *world) settled(t testing.TB, before []*ent.User, order []*account.UserOrder, keep func(*ent.User) bool) []*ent.User {
	t.Helper()
	rows, err := w.db.Read.User.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compare := comparing(order)
	return arranged(before, func(u *ent.User) bool {
		return keep(u) && slices.ContainsFunc(rows, func(now *ent.User) bool { return now.ID == u.ID && keep(now) && compare(u, now) == 0 })
	}, order)
}

// usernames are those of the users whom staff find, in order, and how many there are in all.
func (w *world) usernames(t testing.TB, search *string, where *account.UserWhere) (string, error) {
	t.Helper()
	got, err := w.Users(asStaff(t), page.Args{First: new(100)}, search, where, nil, page.Fields{"nodes": nil, "totalCount": nil})
	if err != nil {
		return "", err
	}
	names := make([]string, len(got.Nodes))
	for i, u := range got.Nodes {
		names[i] = u.Username
	}
	if got.TotalCount != len(names) {
		t.Errorf("totalCount %d with %q", got.TotalCount, names)
	}
	return strings.Join(names, " "), nil
}

// four makes four users to tell apart: ada is staff, dan is deactivated, and only cleo has a name.
func (w *world) four(t testing.TB) map[string]*ent.User {
	t.Helper()
	people := map[string]*ent.User{"ada": w.registerStaff(t, "ada")}
	w.clock.pass(time.Hour)
	people["Bob"] = w.register(t, "Bob")
	w.clock.pass(time.Hour)
	cleo, err := w.Register(t.Context(), account.Registration{
		Username: "cleo", Email: "Κλεοπάτρα@nil.example", Password: goodPassword,
		FirstName: new("Änne Marie"), LastName: new("Straße 100%_\\"),
	})
	if err != nil {
		t.Fatal(err)
	}
	people["cleo"] = cleo
	w.clock.pass(time.Hour)
	people["dan"] = w.register(t, "dan")
	w.write(t, func(tx *ent.Tx) error {
		return tx.User.UpdateOneID(people["dan"].ID).SetIsActive(false).Exec(t.Context())
	})
	return people
}

func TestSearchUsers(t *testing.T) {
	w := build(t)
	w.four(t)
	for search, want := range map[string]string{
		"":                             "ada Bob cleo dan",
		" \u00a0\t":                    "ada Bob cleo dan",
		"bob":                          "Bob",
		"BO":                           "Bob",
		"ＢＯＢ":                          "Bob", // usernames are alike in whatever form Unicode has
		"a":                            "ada Bob cleo dan",
		"example.org":                  "ada Bob dan",
		"EXAMPLE":                      "ada Bob cleo dan",
		"ΚΛΕΟΠΆΤΡΑ":                    "cleo",
		"änne":                         "cleo",
		"A\u0308NNE":                   "cleo",
		"STRASSE":                      "cleo",
		"ße":                           "cleo",
		"marie cleo nil.ex straße":     "cleo",
		"marie bob":                    "",
		"marie\nMARIE marie":           "cleo",
		"annemarie":                    "", // the space within a name is no part of a word
		"mariestraße":                  "",
		"100%":                         "cleo",
		"%":                            "cleo",
		"_":                            "cleo",
		`\`:                            "cleo",
		`"`:                            "",
		"'":                            "",
		"ada\x00":                      "",
		"\x00":                         "",
		"-":                            "",
		"ada OR bob":                   "",
		strings.Repeat("a ", 10):       "ada Bob cleo dan",
		strings.Repeat("é", 200):       "",
		strings.Repeat(" ", 10_000):    "ada Bob cleo dan",
		"argon2":                       "", // no other column is looked at
		strings.Repeat("a", 100) + "%": "",
	} {
		got, err := w.usernames(t, &search, nil)
		if err != nil || got != want {
			t.Errorf("%q finds %q, %v; want %q", search, got, err, want)
		}
	}
	for name, search := range map[string]string{
		"eleven words":   strings.Repeat("a ", 11),
		"201 characters": strings.Repeat("é", 201),
		"201 in two":     strings.Repeat("x", 101) + " " + strings.Repeat("y", 100),
	} {
		if _, err := w.usernames(t, &search, nil); fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("%s: %v, want BAD_USER_INPUT", name, err)
		}
	}
	if got, err := w.usernames(t, new("example"), &account.UserWhere{IsStaff: new(false)}); got != "Bob cleo dan" || err != nil {
		t.Errorf("with where: %q, %v", got, err)
	}
}

// Whoever changes a name is found by the new one, and no longer by the old.
func TestSearchFindsNewNames(t *testing.T) {
	w := build(t)
	people := w.four(t)
	tokens := w.obtain(t, "cleo")
	w.updateProfile(t, tokens, account.ProfileChanges{FirstName: set("Zoë")})
	for search, want := range map[string]string{"ZOË": "cleo", "Änne": "", "straße": "cleo"} {
		if got, err := w.usernames(t, &search, nil); got != want || err != nil {
			t.Errorf("%q finds %q, %v; want %q", search, got, err, want)
		}
	}
	if _, err := w.Update(asStaff(t), people["Bob"].ID, account.UserChanges{LastName: set("Österreicher")}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.usernames(t, new("öster"), nil); got != "Bob" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestUserWhere(t *testing.T) {
	type where = account.UserWhere
	type text = filter.StringFilter
	w := build(t)
	people := w.four(t)
	id := func(name string) int64 { return people[name].ID }
	joined := func(name string) *time.Time { return &people[name].DateJoined }
	for _, tt := range []struct {
		name  string
		where *where
		want  string
	}{
		{"nothing", nil, "ada Bob cleo dan"},
		{"an empty one", &where{}, "ada Bob cleo dan"},
		{"ids", &where{IDs: []int64{id("dan"), id("ada"), id("ada"), -1}}, "ada dan"},
		{"no ids", &where{IDs: []int64{}}, ""},
		{"username eq", &where{Username: &text{Eq: new("Bob")}}, "Bob"},
		{"username eq, in another case", &where{Username: &text{Eq: new("bob")}}, ""},
		{"username in", &where{Username: &text{In: []string{"Bob", "ada", "BOB"}}}, "ada Bob"},
		{"username in none", &where{Username: &text{In: []string{}}}, ""},
		{"username contains", &where{Username: &text{Contains: new("O")}}, "Bob cleo"},
		{"username contains, full width", &where{Username: &text{Contains: new("Ｏ")}}, "Bob cleo"},
		{"username starts with", &where{Username: &text{StartsWith: new("b")}}, "Bob"},
		{"username with a NUL", &where{Username: &text{Contains: new("b\x00")}}, ""},
		{"username without text", &where{Username: &text{}}, "ada Bob cleo dan"},
		{"email eq", &where{Email: &text{Eq: new("Κλεοπάτρα@nil.example")}}, "cleo"},
		{"email contains", &where{Email: &text{Contains: new("ΚΛΕΟ")}}, "cleo"},
		{"email starts with", &where{Email: &text{StartsWith: new("a")}}, "ada"},
		{"active", &where{IsActive: new(true)}, "ada Bob cleo"},
		{"not active", &where{IsActive: new(false)}, "dan"},
		{"staff", &where{IsStaff: new(true)}, "ada"},
		{"not staff", &where{IsStaff: new(false)}, "Bob cleo dan"},
		{"joined from", &where{DateJoined: &filter.DateTimeRange{Gte: joined("cleo")}}, "cleo dan"},
		{"joined after", &where{DateJoined: &filter.DateTimeRange{Gt: joined("cleo")}}, "dan"},
		{"joined until", &where{DateJoined: &filter.DateTimeRange{Lte: joined("Bob")}}, "ada Bob"},
		{"joined before, in another zone", &where{DateJoined: &filter.DateTimeRange{Lt: new(joined("Bob").In(time.FixedZone("", 3600)))}}, "ada"},
		{"two at once", &where{IsStaff: new(false), IsActive: new(true)}, "Bob cleo"},
		{"and", &where{And: []*where{{IsStaff: new(false)}, {IsActive: new(true)}}}, "Bob cleo"},
		{"and of none", &where{And: []*where{}}, "ada Bob cleo dan"},
		{"or", &where{Or: []*where{{IsStaff: new(true)}, {IsActive: new(false)}}}, "ada dan"},
		{"or of none", &where{Or: []*where{}}, ""},
		{"not", &where{Not: &where{Username: &text{StartsWith: new("b")}}}, "ada cleo dan"},
		{"neither", &where{Not: &where{Or: []*where{{IsStaff: new(true)}, {IsActive: new(false)}}}}, "Bob cleo"},
	} {
		if got, err := w.usernames(t, nil, tt.where); got != tt.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	deep := &where{}
	for range filter.MaxDepth + 1 {
		deep = &where{Not: deep}
	}
	for name, bad := range map[string]*where{
		"101 ids":       {IDs: make([]int64, 101)},
		"101 texts":     {Email: &text{In: make([]string, 101)}},
		"101 members":   {Or: slices.Repeat([]*where{{}}, 101)},
		"nine deep":     deep,
		"1,000 members": {Or: slices.Repeat([]*where{{IDs: make([]int64, 20)}}, 50)},
		"a long text":   {Username: &text{Contains: new(strings.Repeat("x", 201))}},
	} {
		if _, err := w.usernames(t, nil, bad); fault.CodeOf(err) != fault.BadUserInput {
			t.Errorf("%s: %v, want BAD_USER_INPUT", name, err)
		}
	}
}

// Everybody but staff is refused before anything is read of anybody.
func TestUsersAreForStaff(t *testing.T) {
	w := build(t)
	people := w.four(t)
	selected := page.Fields{"nodes": nil, "totalCount": nil}
	for name, ctx := range map[string]context.Context{
		"nobody": auth.WithAuthorization(t.Context(), "", nil),
		"a user": w.as(t, w.obtain(t, "cleo").Access),
	} {
		want := fault.Unauthenticated
		if name == "a user" {
			want = fault.Forbidden
		}
		got, err := w.Users(ctx, page.Args{}, new("ada"), nil, nil, selected)
		if fault.CodeOf(err) != want || got != nil {
			t.Errorf("%s: %v, %v; want %s", name, got, err, want)
		}
	}
	got, err := w.Users(w.as(t, w.obtain(t, "ada").Access), page.Args{}, nil, nil, nil, selected)
	if err != nil || got.TotalCount != len(people) {
		t.Errorf("staff: %v, %v", got, err)
	}
}

// A forged cursor is refused, or is a place like any other.
func TestUserCursors(t *testing.T) {
	w := build(t)
	w.four(t)
	for _, tt := range []struct {
		order  string
		cursor string
		ok     bool
	}{
		{"LAST_LOGIN", `["user LAST_LOGIN",null,1]`, true},
		{"LAST_LOGIN-", `["user LAST_LOGIN-",null,1]`, true},
		{"LAST_LOGIN", `["user LAST_LOGIN-",null,1]`, false},
		{"LAST_LOGIN", `["user LAST_LOGIN","",1]`, false},
		{"LAST_LOGIN", `["user LAST_LOGIN",0,1]`, false},
		{"LAST_LOGIN", `["user LAST_LOGIN",null,null]`, false},
		{"USERNAME", `["user USERNAME",null,1]`, false},
		{"DATE_JOINED", `["user DATE_JOINED",null,1]`, false},
		{"USERNAME", `["product USERNAME","x",1]`, false},
	} {
		cursor := base64.RawURLEncoding.EncodeToString([]byte(tt.cursor))
		for _, args := range []page.Args{{After: &cursor}, {Last: new(3), Before: &cursor}} {
			_, err := w.Users(asStaff(t), args, nil, nil, byUser(tt.order), page.Fields{"nodes": nil})
			if tt.ok && err != nil || !tt.ok && fault.CodeOf(err) != fault.BadUserInput {
				t.Errorf("%s %s: %v", tt.order, tt.cursor, err)
			}
		}
	}
}
