package graph_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/graph"
	"github.com/gatehouse/gatehouse/internal/nodeid"
)

// scene is an API, the people who may ask it, and what there is to see. Of the products that have an owner,
// some are somebody's whose account has been deactivated.
type scene struct {
	*api
	everybody []string          // who may ask
	inactive  string            // a token of the deactivated user, from before
	ids       map[string]string // what there is, by the names that queries have for it
	turns     int
}

func newScene(t testing.TB, change ...func(*graph.Settings)) *scene {
	t.Helper()
	s := &scene{api: newAPI(t, change...), everybody: []string{"anonymous", "other", "owner", "staff", "inactive"}, ids: map[string]string{}}
	s.staff("staff")
	for _, name := range []string{"other", "owner", "inactive", "spare"} {
		s.signIn(name)
	}
	for name, profile := range map[string]string{
		"other": "", "spare": "", "owner": `firstName: "Olive", lastName: "Green"`,
		"inactive": `firstName: "Ina", lastName: "Gray"`, "staff": `firstName: "Stan", lastName: "Smith"`,
	} {
		changed := s.must(s.obtain(name), "profileUpdate(input: {"+profile+"}) { user { id } errors { code } }")
		s.ids[strings.ToUpper(name)] = idIn(changed, "user")
	}
	s.ids["PASSWORD"] = password

	above := s.category(`name: "Above"`)
	s.ids["ABOVE"] = above
	s.ids["SHELF"] = s.category(fmt.Sprintf(`name: "Shelf", description: "Oak", parent: %q`, above))
	s.ids["BELOW"] = s.category(fmt.Sprintf(`name: "Below", parent: %q`, s.ids["SHELF"]))
	s.ids["PUBLISHED"] = s.product("owner", `name: "Published", sku: "P-1", description: "Seen", price: "1.50", stock: 3`)
	s.ids["HIDDEN"] = s.product("owner", `name: "Unpublished", sku: "U-1", description: "Unseen", price: "2.50", isPublished: false`)
	s.ids["ABANDONED"] = s.product("inactive", `name: "Abandoned", sku: "A-1", description: "Left", price: "3.50", stock: 7, isPublished: false`)
	s.inactive = s.obtain("inactive")
	s.ids["DEAD"] = s.inactive
	s.must(s.obtain("staff"), fmt.Sprintf(`userUpdate(id: %q, input: {isActive: false}) { errors { code } }`, s.ids["INACTIVE"]))
	event, err := s.db.Read.AuditEvent.Query().
		Where(auditevent.KindEQ(auditevent.KindPROFILE_UPDATED), auditevent.SubjectID(s.key(s.ids["OWNER"]))).
		OnlyID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.ids["EVENT"] = strconv.FormatInt(event, 10)
	return s
}

// idIn is the id of an object that is a member of another.
func idIn(object map[string]any, member string) string {
	return object[member].(map[string]any)["id"].(string)
}

// key is an id as the database has it.
func (s *scene) key(id string) int64 {
	s.t.Helper()
	key, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return key
}

// must makes a mutation that has to succeed, and answers what it answers.
func (s *scene) must(bearer, field string) map[string]any {
	s.t.Helper()
	reply := s.ask("mutation { result: "+field+" }", nil, bearer)
	var answer struct {
		Data struct{ Result map[string]any }
	}
	if err := json.Unmarshal([]byte(reply), &answer); err != nil || !strings.Contains(reply, `"errors":[]`) {
		s.t.Fatalf("%s: %s", field, reply)
	}
	return answer.Data.Result
}

// category makes a category and answers its id.
func (s *scene) category(input string) string {
	s.t.Helper()
	made := s.must(s.obtain("staff"), "categoryCreate(input: {"+input+"}) { category { id } errors { code } }")
	return idIn(made, "category")
}

// product makes a product of somebody's, on the shelf unless it says where, and answers its id.
func (s *scene) product(of, input string) string {
	s.t.Helper()
	if !strings.Contains(input, "category:") {
		input += ", category: " + s.ids["SHELF"]
	}
	made := s.must(s.obtain(of), "productCreate(input: {"+input+"}) { product { id } errors { code } }")
	return idIn(made, "product")
}

// turn is one request of somebody's. What its query names and is not there yet is made for it.
type turn struct {
	*scene
	t      *testing.T
	who    string
	bearer string // of a session of its own, as some requests end sessions
	made   map[string]string
}

// turn makes a turn of somebody's.
func (s *scene) turn(t *testing.T, who string) *turn {
	t.Helper()
	s.turns++
	turn := &turn{scene: s, t: t, who: who, made: map[string]string{}}
	switch who {
	case "anonymous":
		return turn
	case "inactive":
		turn.bearer = s.inactive
	default:
		turn.bearer = s.obtain(who)
	}
	turn.made["VIEWER"] = s.ids[strings.ToUpper(who)]
	if who == "owner" {
		turn.made["SESSION"] = s.newestSession()
	}
	return turn
}

// newestSession is the id of the session that began last.
func (s *scene) newestSession() string {
	s.t.Helper()
	id, err := s.db.Read.Session.Query().Aggregate(ent.Max("id")).Int(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return strconv.Itoa(id)
}

// expand puts in the place of $NAME what has that name, and in the place of $NAME.column what the database has in
// that column of it.
func (turn *turn) expand(text string) string {
	return regexp.MustCompile(`\$[A-Z][A-Z_0-9]*(\.[a-z_]+)?`).ReplaceAllStringFunc(text, func(reference string) string {
		name, column, hasColumn := strings.Cut(reference[1:], ".")
		value := turn.value(name)
		if hasColumn {
			return turn.column(value, column)
		}
		return value
	})
}

// value is what has the name, which is one and the same throughout the turn.
func (turn *turn) value(name string) string {
	turn.t.Helper()
	if id, ok := turn.ids[name]; ok {
		return id
	}
	if turn.made[name] == "" {
		turn.made[name] = turn.make(name)
	}
	return turn.made[name]
}

func (turn *turn) make(name string) string {
	turn.t.Helper()
	switch name {
	case "UNIQUE":
		return fmt.Sprint("unique-", turn.turns)
	case "SPARE_PRODUCT":
		return turn.product("owner", `name: "Spare", price: "1"`)
	case "SPARE_SHELF":
		return turn.category(`name: "Spare"`)
	case "SESSION":
		turn.obtain("owner")
		return turn.newestSession()
	case "REFRESH":
		return turn.refreshOf("spare")
	}
	turn.t.Fatalf("scene_test.go knows no $%s", name)
	return ""
}

// refreshOf signs somebody in and answers the refresh token.
func (s *scene) refreshOf(name string) string {
	s.t.Helper()
	reply := s.ask(fmt.Sprintf(`mutation { tokenObtain(username: %q, password: %q) { refresh } }`, name, password), nil, "")
	var obtained struct {
		Data struct{ TokenObtain struct{ Refresh string } }
	}
	if err := json.Unmarshal([]byte(reply), &obtained); err != nil || obtained.Data.TokenObtain.Refresh == "" {
		s.t.Fatal(reply)
	}
	return obtained.Data.TokenObtain.Refresh
}

// column is what the database has in a column of the thing with the id, moments as the API writes them.
func (turn *turn) column(id, column string) string {
	turn.t.Helper()
	key, read := turn.key(id), turn.db.Read
	var row any
	var err error
	switch kind, _ := nodeid.Of(key); kind {
	case nodeid.User:
		row, err = read.User.Get(turn.t.Context(), key)
	case nodeid.Session:
		row, err = read.Session.Get(turn.t.Context(), key)
	case nodeid.Category:
		row, err = read.Category.Get(turn.t.Context(), key)
	case nodeid.Product:
		row, err = read.Product.Get(turn.t.Context(), key)
	case nodeid.AuditEvent:
		row, err = read.AuditEvent.Get(turn.t.Context(), key)
	}
	if err != nil {
		turn.t.Fatal(err)
	}
	var columns map[string]any
	decoder := json.NewDecoder(strings.NewReader(written(row)))
	decoder.UseNumber() // ids have more digits than a float
	if err := decoder.Decode(&columns); err != nil || columns[column] == nil {
		turn.t.Fatalf("%v has nothing in %s", row, column)
	}
	text := fmt.Sprint(columns[column])
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	return text
}
