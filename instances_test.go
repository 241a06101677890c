package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// fleet is two instances of the program on one PostgreSQL database, and somebody who looks at that.
type fleet struct {
	dir, source string
	settings    []string
	a, b        *program
	admin       *pgx.Conn
}

// startFleet starts both, at once.
func startFleet(t *testing.T, settings ...string) *fleet {
	t.Helper()
	f := newFleet(t, settings...)
	f.start(t)
	return f
}

func newFleet(t *testing.T, settings ...string) *fleet {
	t.Helper()
	f := &fleet{dir: t.TempDir(), source: databasetest.Postgres(t)}
	f.settings = append([]string{"GATEHOUSE_DATABASE_URL=" + f.source, "GATEHOUSE_DATABASE_CONNECTIONS=8"}, settings...)
	var err error
	if f.admin, err = pgx.Connect(t.Context(), f.source); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.admin.Close(context.Background()) })
	f.run(t, "keys", "generate", "--kid", "shared") // by which both sign
	f.settings = append(f.settings, "GATEHOUSE_JWT_KEYS=keys")
	return f
}

func (f *fleet) start(t *testing.T) {
	t.Helper()
	var both sync.WaitGroup
	both.Go(func() { f.a = start(t, f.dir, f.settings...) })
	both.Go(func() { f.b = start(t, f.dir, f.settings...) })
	both.Wait()
	if f.a == nil || f.b == nil {
		t.FailNow()
	}
}

// run runs a command beside the instances.
func (f *fleet) run(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "gatehouse", args...)
	settings := append([]string{superuserPassword + "=" + goodPassword, "GATEHOUSE_JWT_KEYS=keys"}, f.settings...)
	command.Dir, command.Env = f.dir, testEnvironment(t, f.dir, settings...)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("gatehouse %v: %v\n%s", args, err, out)
	}
}

// cut has the server end the connections by which the instances hear of each other.
func (f *fleet) cut(t *testing.T) {
	t.Helper()
	const listeners = `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gatehouse listener'`
	var n int
	if err := f.admin.QueryRow(t.Context(), listeners).Scan(&n); err != nil || n == 0 {
		t.Fatalf("%d connections listen, %v", n, err)
	}
}

// url is where one of the instances serves, in turns.
func (f *fleet) url(turn int) string {
	if turn%2 == 0 {
		return f.a.url
	}
	return f.b.url
}

// signIn obtains tokens.
func (f *fleet) signIn(t *testing.T, url, username string) (access, refresh, id string) {
	t.Helper()
	v := &visitor{url: url}
	data, err := v.ask(t.Context(), signIn, map[string]any{"username": username, "password": goodPassword})
	text := must(t, data, err)
	return text("tokenObtain.access"), text("tokenObtain.refresh"), text("tokenObtain.user.id")
}

// refreshThroughBoth refreshes each of the tokens so many times through the two instances in turns, as much at once as can be.
func (f *fleet) refreshThroughBoth(t *testing.T, tokens []string, times int) [][]outcome {
	t.Helper()
	outcomes := make([][]outcome, len(tokens))
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	for i, token := range tokens {
		outcomes[i] = make([]outcome, times)
		for n := range times {
			ready.Add(1)
			done.Go(func() {
				v := &visitor{url: f.url(n), client: http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
				ready.Done()
				<-begin
				data, err := v.ask(t.Context(), `mutation ($token: String) { tokenRefresh(refresh: $token) { access refresh } }`, map[string]any{"token": token})
				o := outcome{err: err}
				if err == nil {
					access, _ := follow(data, "tokenRefresh.access")
					refresh, _ := follow(data, "tokenRefresh.refresh")
					o.access, o.refresh = access.(string), refresh.(string)
				}
				outcomes[i][n] = o
			})
		}
	}
	ready.Wait()
	close(begin)
	done.Wait()
	return outcomes
}

// So many sessions are shared by so many goroutines.
const sessions, goroutines = 8, 200

func (f *fleet) sessions(t *testing.T) (refresh []string) {
	t.Helper()
	for n := range sessions {
		_, token := register(t, f.url(n), fmt.Sprint("user", n))
		refresh = append(refresh, token)
	}
	return refresh
}

// Two hundred refreshes at once through both instances make one generation of each session, and all of them are answered with
// it: never are there two successors of a token.
func TestInstancesRefreshOnce(t *testing.T) {
	t.Parallel()
	f := startFleet(t, "GATEHOUSE_REFRESH_GRACE=5m")
	tokens := f.sessions(t)
	for generation := 2; generation <= 4; generation++ {
		for i, outcomes := range f.refreshThroughBoth(t, tokens, goroutines/sessions) {
			jtis := map[string]int{}
			for _, o := range outcomes {
				if o.err != nil {
					t.Errorf("session %d: %v", i, o.err)
					continue
				}
				_, claims, _, err := splitToken(o.refresh)
				if err != nil {
					t.Fatal(err)
				}
				jtis[fmt.Sprint(claims["jti"], " of generation ", claims["gen"])]++
				tokens[i] = o.refresh
			}
			if len(jtis) != 1 {
				t.Fatalf("session %d has %d successors: %v", i, len(jtis), jtis)
			}
			for jti := range jtis {
				if !strings.HasSuffix(jti, fmt.Sprint(" of generation ", generation)) {
					t.Errorf("session %d has %s, want generation %d", i, jti, generation)
				}
			}
		}
	}
	var generations string
	if err := f.admin.QueryRow(t.Context(), "SELECT string_agg(DISTINCT generation::text, ' ') FROM sessions").Scan(&generations); err != nil || generations != "4" {
		t.Errorf("generations %s, %v; want 4", generations, err)
	}
}

// After the grace a spent token is taken for stolen once, by whichever instance is first, and ends the session on both.
func TestInstancesDetectReuseOnce(t *testing.T) {
	t.Parallel()
	f := startFleet(t, "GATEHOUSE_REFRESH_GRACE=1s")
	tokens := f.sessions(t)
	var successors []string
	for _, outcomes := range f.refreshThroughBoth(t, tokens, 1) {
		if outcomes[0].err != nil {
			t.Fatal(outcomes[0].err)
		}
		successors = append(successors, outcomes[0].refresh)
	}
	time.Sleep(1100 * time.Millisecond)
	const times = goroutines / sessions
	for i, outcomes := range f.refreshThroughBoth(t, tokens, times) {
		reasons := map[string]int{}
		for _, o := range outcomes {
			reasons[reasonOf(o.err)]++
		}
		if reasons["TOKEN_REUSED"] != 1 || reasons["TOKEN_REVOKED"] != times-1 {
			t.Errorf("session %d: %v; want TOKEN_REUSED once, TOKEN_REVOKED %d times", i, reasons, times-1)
		}
	}
	for i, outcomes := range f.refreshThroughBoth(t, successors, 2) {
		for _, o := range outcomes {
			if reason := reasonOf(o.err); reason != "TOKEN_REVOKED" {
				t.Errorf("session %d: the successor is refused for %s", i, reason)
			}
		}
	}
}

// Failures add up, whichever instance sees them: who has to wait for one has to wait for the other.
func TestInstancesCountFailuresTogether(t *testing.T) {
	t.Parallel()
	f := startFleet(t, "GATEHOUSE_BACKOFF_FREE_PER_ACCOUNT=5", "GATEHOUSE_BACKOFF_FIRST_DELAY=1h", "GATEHOUSE_BACKOFF_MAX_DELAY=1h")
	// failures are how many there are until one is refused unseen.
	failures := func(username string, url func(turn int) string) (n int) {
		register(t, f.a.url, username)
		for ; n < 20; n++ {
			v := &visitor{url: url(n)}
			_, err := v.ask(t.Context(), signIn, map[string]any{"username": username, "password": "wrong " + goodPassword})
			var told *refusal
			if !errors.As(err, &told) {
				t.Fatal(err)
			}
			if told.code == "RATE_LIMITED" {
				break
			} else if told.code != "INVALID_CREDENTIALS" {
				t.Fatal(err)
			}
		}
		return n
	}
	one := failures("alice", func(int) string { return f.a.url })
	if both := failures("bob", f.url); both != one || one != 5 {
		t.Errorf("through both %d failures are free, through one %d; want 5", both, one)
	}
	for turn := range 2 { // the right password has to wait as well
		v := &visitor{url: f.url(turn)}
		var told *refusal
		if _, err := v.ask(t.Context(), signIn, map[string]any{"username": "bob", "password": goodPassword}); !errors.As(err, &told) || told.code != "RATE_LIMITED" {
			t.Errorf("instance %d: %v; want RATE_LIMITED", turn, err)
		}
	}
}

// Whatever ends a session on one instance ends it on the other by the next request.
func TestInstancesEndSessionsTogether(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	f.run(t, "createsuperuser", "--username", "root", "--email", "root@shop.example")
	register(t, f.a.url, "alice")
	root, _, _ := f.signIn(t, f.a.url, "root")

	const me = `{ me { id isStaff } }`
	ask := func(url, token, query string, variables map[string]any) error {
		v := &visitor{url: url, token: token}
		_, err := v.ask(t.Context(), query, variables)
		return err
	}
	// ends checks that a session serves on both instances until something is done to it on the first.
	ends := func(what string, reasons string, do func(url, access, id string) error) {
		t.Helper()
		for turn := range 2 {
			access, refresh, id := f.signIn(t, f.url(turn), "alice")
			for n := range 2 {
				if err := ask(f.url(n), access, me, nil); err != nil {
					t.Fatalf("%s: before it: %v", what, err)
				}
			}
			if err := do(f.url(turn), access, id); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for n := range 2 {
				if err := ask(f.url(turn+1+n), access, me, nil); !regexp.MustCompile(reasons).MatchString(reasonOf(err)) {
					t.Errorf("%s: afterwards instance %d says %v", what, n, err)
				}
			}
			if err := f.refreshThroughBoth(t, []string{refresh}, 2)[0][(turn+1)%2].err; err == nil {
				t.Errorf("%s: afterwards it is refreshed", what)
			}
			if err := ask(f.url(turn), root, `mutation ($id: ID!) { userUpdate(id: $id, input: {isActive: true}) { errors { message } } }`, map[string]any{"id": id}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ends("logout", "^TOKEN_REVOKED$", func(url, access, _ string) error {
		return ask(url, access, `mutation { logout { revokedSessions } }`, nil)
	})
	ends("deactivation", "^USER_INACTIVE$", func(url, _, id string) error {
		return ask(url, root, `mutation ($id: ID!) { userUpdate(id: $id, input: {isActive: false}) { errors { message } } }`, map[string]any{"id": id})
	})
	ends("passwordChange elsewhere", "^TOKEN_REVOKED$", func(url, _, _ string) error {
		other, _, _ := f.signIn(t, url, "alice")
		const change = `mutation ($old: String!, $new: String!) { passwordChange(oldPassword: $old, newPassword: $new) { errors { message } } }`
		for _, passwords := range [][2]string{{goodPassword, "another " + goodPassword}, {"another " + goodPassword, goodPassword}} {
			if err := ask(url, other, change, map[string]any{"old": passwords[0], "new": passwords[1]}); err != nil {
				return err
			}
		}
		return errors.Join(ask(f.a.url, other, me, nil), ask(f.b.url, other, me, nil)) // which did it serves
	})

	// Whom somebody has made staff may do what staff may; and no longer when that is taken away.
	access, _, id := f.signIn(t, f.a.url, "alice")
	const staff = `mutation ($id: ID!, $staff: Boolean!) { userUpdate(id: $id, input: {isStaff: $staff}) { errors { message } } }`
	for turn, promoted := range []bool{true, false, true, false} {
		if err := ask(f.url(turn), root, staff, map[string]any{"id": id, "staff": promoted}); err != nil {
			t.Fatal(err)
		}
		if err := ask(f.url(turn+1), access, `{ users(first: 1) { totalCount } }`, nil); (err == nil) != promoted {
			t.Errorf("staff %t, and users are answered with %v", promoted, err)
		}
	}
}

// Instances that start at once on an empty database migrate it once, and all of them serve.
func TestInstancesMigrateOnce(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	if _, err := f.admin.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	f.start(t)
	migrated := map[string]int{}
	for _, p := range []*program{f.a, f.b} {
		for _, match := range regexp.MustCompile(`msg="migrated the database" migration=(\S+)`).FindAllStringSubmatch(p.log.String(), -1) {
			migrated[match[1]]++
		}
	}
	for name, times := range migrated {
		if times != 1 {
			t.Errorf("%s was applied %d times", name, times)
		}
	}
	if len(migrated) < 3 {
		t.Errorf("migrated %v", migrated)
	}
	for turn := range 2 {
		access, _ := register(t, f.url(turn), fmt.Sprint("user", turn))
		v := &visitor{url: f.url(turn + 1), token: access}
		if _, err := v.ask(t.Context(), `{ me { id } }`, nil); err != nil {
			t.Error(err)
		}
	}
}
