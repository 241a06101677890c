//go:build unix

package database_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

func TestQueriesReadFromAReplica(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	replica := c.Replica(c.Primary)
	one, two := open(t, c.Primary.URL(), replica.URL()), open(t, c.Primary.URL(), replica.URL())
	ada, bob := one.addUser("ada"), one.addUser("bob")
	replica.CatchUp(c.Primary)
	replica.Pause()
	one.add("a")
	one.expect(0, "a", "before anybody has looked at the replica")

	one.look(0)
	one.expect(0, "a", "before the replica has what there was when it was first looked at")
	if got := one.log.Take(); strings.Count(got, "a replica is not used") != 1 || !strings.Contains(got, replica.Address()) {
		t.Errorf("logged %q", got)
	}
	replica.Continue()
	one.lookUntil(1, c.Primary)
	two.lookUntil(1, c.Primary, replica)
	replica.Pause()
	one.add("b")
	for _, i := range []*instance{one, two} {
		i.expect(0, "a", "a query of somebody who wrote nothing")
		if got := i.slugs(t.Context()); got != "a b" {
			t.Errorf("what is no query sees %q", got)
		}
		if n := i.Read.Category.Query().CountX(i.query(0)); n != 2 {
			t.Errorf("Read sees %d of 2", n)
		}
	}

	one.Remember(t.Context(), ada)
	given, cancel := context.WithCancel(t.Context())
	cancel()
	one.Remember(given, ada)
	for _, i := range []*instance{one, two} {
		i.expect(i.written(ada), "a b", "a query of who wrote it")
		i.expect(i.written(bob), "a", "a query of somebody else")
	}

	// As far behind as it may be, by the time since the primary was that far; and not any further.
	one.look(maxLag)
	one.expect(0, "a", "at the longest lag")
	one.look(time.Millisecond)
	one.expect(0, "a b", "past the longest lag")
	if got := one.log.Take(); strings.Count(got, "too far behind") != 1 {
		t.Errorf("logged %q", got)
	}
	one.look(time.Second)
	if got := one.log.Take(); got != "" {
		t.Errorf("what is known is logged again: %q", got)
	}

	replica.Continue()
	one.lookUntil(1, c.Primary, replica)
	one.look(time.Second)
	replica.Pause()
	one.add("c")
	one.expect(one.written(ada), "a b", "a query of who wrote what is there by now")

	// An idle primary's replica is never late. (Nothing is written from here on, and what was is replayed.)
	replica.Continue()
	replica.CatchUp(c.Primary)
	one.look(time.Hour)
	one.look(time.Hour)
	if got := one.log.Take(); got != "" {
		t.Errorf("logged about a replica that has everything: %q", got)
	}
}

// All that one request asks comes from the same place, until that fails.
func TestARequestReadsFromOnePlace(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	first, second := c.Replica(c.Primary), c.Replica(c.Primary)
	i := open(t, c.Primary.URL(), first.URL(), second.URL())
	i.add("a")
	i.lookUntil(2, c.Primary, first, second)
	first.Pause()
	i.add("b")
	second.CatchUp(c.Primary)
	second.Pause()
	i.add("c")

	seen := map[string]int{}
	for range 6 {
		request := i.query(0)
		at := i.slugs(request)
		for range 4 {
			if again := i.slugs(request); again != at {
				t.Errorf("one request sees %q and %q", at, again)
			}
		}
		seen[at]++
	}
	if seen["a"] != 3 || seen["a b"] != 3 {
		t.Errorf("of two replicas, seen are %v; want each three times", seen)
	}

	begun := []context.Context{i.query(0), i.query(0)}
	for _, request := range begun {
		i.slugs(request)
	}
	first.Kill()
	second.Kill()
	for _, request := range begun {
		if got := i.slugs(request); got != "a b c" {
			t.Errorf("after its replica has gone a request sees %q", got)
		}
	}
	i.expect(0, "a b c", "with no replica left")
	if got := i.log.Take(); strings.Count(got, "a replica is not used") != 2 {
		t.Errorf("logged %q", got)
	}
	i.look(time.Second)
	if got := i.log.Take(); got != "" {
		t.Errorf("what is known is logged again: %q", got)
	}
	first.Start()
	i.lookUntil(1, c.Primary, first)
	first.Pause()
	i.add("d")
	i.expect(0, "a b c", "with a replica back")
	for _, request := range begun {
		if got := i.slugs(request); got != "a b c d" {
			t.Errorf("when its replica is back, and older, a request sees %q", got)
		}
	}
}

// slowOn is a condition that takes for ever on replicas, and holds.
func slowOn(s *entsql.Selector) {
	s.Where(entsql.ExprP("CASE WHEN pg_is_in_recovery() THEN pg_sleep(600) IS NOT NULL ELSE true END"))
}

// failsLate is a condition that fails on replicas once most rows have been sent, and holds.
func failsLate(s *entsql.Selector) {
	s.Where(entsql.ExprP("1 / (CASE WHEN pg_is_in_recovery() AND slug = 'last' THEN 0 ELSE 1 END) = 1"))
}

// A query that a replica does not answer to its end is answered by the primary.
func TestWhatFailsOnAReplicaIsAskedOfThePrimary(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	replica := c.Replica(c.Primary)
	i := open(t, c.Primary.URL(), replica.URL())
	const rows = 3000
	if err := i.Write(t.Context(), func(tx *ent.Tx) error {
		for n := range rows {
			if _, err := addCategory(t.Context(), tx, "category-"+strconv.Itoa(n)); err != nil {
				return err
			}
		}
		_, err := addCategory(t.Context(), tx, "last")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	i.lookUntil(1, c.Primary, replica)

	found, err := i.Catalog.Category.Query().Where(failsLate).All(i.query(0))
	if err != nil || len(found) != rows+1 {
		t.Errorf("found %d, %v", len(found), err)
	}

	// begin asks something that takes for ever on the replica, and has found how many there are in the end.
	begin := func() (end func() int) {
		t.Helper()
		answer := make(chan int, 1)
		go func() {
			n, err := i.Catalog.Category.Query().Where(slowOn).Count(i.query(0))
			if err != nil {
				t.Error(err)
			}
			answer <- n
		}()
		replica.Until("EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' AND pid <> pg_backend_pid())")
		return func() int { return <-answer }
	}
	const cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
	end := begin()
	replica.Exec(cancel) // as a conflict with what is to be replayed does
	if n := end(); n != rows+1 {
		t.Errorf("found %d", n)
	}
	if got := i.log.Take(); strings.Contains(got, "is not used") {
		t.Errorf("a replica that is well is not used any more: %q", got)
	}

	end = begin()
	replica.Suspend() // it neither answers nor refuses anything
	i.look(time.Second)
	if n := end(); n != rows+1 {
		t.Errorf("found %d", n)
	}
	replica.Resume()
	replica.Exec(cancel)
	i.lookUntil(1, c.Primary)

	end = begin()
	replica.Kill()
	if n := end(); n != rows+1 {
		t.Errorf("found %d", n)
	}

	// Who gives up is not answered by the primary either.
	given, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := i.Catalog.Category.Query().Count(i.FromReplica(given, func(context.Context) int64 { return 0 })); err == nil {
		t.Error("who has given up is answered")
	}
}

// Servers that are no replicas of the database are not read from.
func TestWhatIsNoReplicaIsNotUsed(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	replica := c.Replica(c.Primary)
	databasetest.Open(t, c.Another("other"))
	replica.CatchUp(c.Primary)
	i := open(t, c.Primary.URL(), replica.On("other"), c.Primary.URL(), "postgres://app:secret@127.0.0.1:1/gatehouse?sslmode=disable")
	i.add("a")
	i.look(0)
	i.expect(0, "a", "without a replica that is one")
	log := i.log.Take()
	for _, want := range []string{"it is another database", "it is not a replica", "it cannot be reached"} {
		if strings.Count(log, want) != 1 {
			t.Errorf("%q is not logged once, but %s", want, log)
		}
	}
	if strings.Contains(log, "secret") {
		t.Errorf("a password is logged: %s", log)
	}

	i = open(t, c.Primary.URL(), replica.URL())
	i.lookUntil(1, c.Primary, replica)
	replica.Promote()
	i.look(time.Second)
	i.add("b")
	i.expect(0, "a b", "after the replica was promoted")
	if got := i.log.Take(); !strings.Contains(got, "not any more") {
		t.Errorf("logged %q", got)
	}
}

// A server that takes a replica's place, or a replica that begins again further back, answers nobody before it was looked at.
func TestAReplicaThatGoesBack(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	replica, older := c.Replica(c.Primary), c.Copy(c.Primary)
	i := open(t, c.Primary.URL(), replica.URL())
	ada := i.addUser("ada")
	i.add("a")
	i.Remember(t.Context(), ada)
	i.lookUntil(1, c.Primary, replica)
	i.look(time.Second)
	i.expect(i.written(ada), "a", "from the replica")

	replica.Stop()
	older.Replace(replica)
	older.Set("primary_conninfo=")
	older.Start()
	i.expect(i.written(ada), "a", "when an older copy has taken the replica's place")
	i.look(time.Second)
	i.expect(i.written(ada), "a", "when that has been looked at")
}

// What the primary remembered of who wrote may be lost when it crashes: replicas then have to have everything.
func TestACrashOfThePrimary(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	replica := c.Replica(c.Primary)
	i := open(t, c.Primary.URL(), replica.URL())
	i.lookUntil(1, c.Primary, replica)
	replica.Pause()
	i.add("a")
	i.look(time.Second)
	i.expect(0, "", "from a paused replica")
	c.Primary.Kill()

	i.look(time.Second)
	i.expect(0, "", "from the replica, with the primary away")
	c.Primary.Start()
	i.look(time.Second)
	i.expect(0, "a", "after the primary's crash, from who has what it had")
	replica.Continue()
	i.lookUntil(1, c.Primary)
}

// A position from the future is of another primary's log, from which the row was taken over: it must not keep its user
// from the replicas for good.
func TestAPositionOfAnotherPrimary(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	i := open(t, c.Primary.URL(), c.Primary.URL())
	ada := i.addUser("ada")
	for range 2 {
		i.Remember(t.Context(), ada)
	}
	was := i.written(ada)
	if was == 0 {
		t.Error("nothing is remembered")
	}
	c.Primary.Exec("UPDATE written_positions SET position = 'FFFF/0'")
	if got := i.written(ada); got != 0 {
		t.Errorf("a position that the primary has not come to is believed: %d", got)
	}
	i.Remember(t.Context(), ada)
	if got := i.written(ada); got < was {
		t.Errorf("the position is %d, after %d", got, was)
	}
	c.Primary.Exec("UPDATE written_positions SET written_at = written_at - interval '11 minutes'")
	if got := i.written(ada); got != 0 {
		t.Errorf("what was written long ago is remembered still: %d", got)
	}
}

// After a failover a replica of the old primary, with what the new one never got, may be further by number and is not used;
// one that follows the new one is.
func TestFailover(t *testing.T) {
	t.Parallel()
	c := databasetest.NewCluster(t)
	databasetest.Open(t, c.Primary.URL())
	next, ahead, follower := c.Replica(c.Primary), c.Replica(c.Primary), c.Replica(c.Primary)
	both := strings.Replace(c.Primary.URL(), c.Primary.Address(), c.Primary.Address()+","+next.Address(), 1) + "&target_session_attrs=primary"
	i := open(t, both, ahead.URL(), follower.URL())
	ada := i.addUser("ada")
	i.add("a")
	next.CatchUp(c.Primary)
	follower.CatchUp(c.Primary)
	next.Stop()
	follower.Stop()
	i.add("lost")
	c.Primary.Exec("CREATE TABLE ballast AS SELECT repeat('x', 1000) FROM generate_series(1, 20000)")
	i.lookUntil(1, c.Primary, ahead)
	i.expect(0, "a lost", "from the replica that is ahead")

	c.Primary.Kill()
	next.Start()
	next.Promote()
	for i.Write(t.Context(), func(*ent.Tx) error { return nil }) != nil { // on connections to the one that was killed
	}
	i.add("b")
	i.Remember(t.Context(), ada)
	i.look(time.Second)
	i.log.Take()
	i.expect(i.written(ada), "a b", "after the failover")
	i.expect(0, "a b", "after the failover, to somebody else")

	follower.Set("primary_conninfo=host=127.0.0.1 port=" + next.Port() + " user=root")
	follower.Start()
	follower.CatchUp(next)
	follower.Exec("CHECKPOINT") // as by itself now and then: writes down on which timeline it is
	i.lookUntil(1, next, follower)
	follower.Pause()
	i.add("c")
	i.expect(0, "a b", "from a replica that follows the new primary")
}
