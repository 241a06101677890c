//go:build faults

package faults

import (
	"context"
	"syscall"
	"testing"
	"time"
)

// The bounds are generous: how long PostgreSQL takes to recover is not the program's doing.
const returns = 20 * time.Second

// TestFaults breaks one thing after the other of two instances on one PostgreSQL.
func TestFaults(t *testing.T) {
	postgres := newCluster(t, "")
	l := put(t, newInstances(t, postgres.url(), 2))
	t.Run("kill an instance", func(t *testing.T) {
		for _, i := range l.instances {
			l.fault(t, "kill -9 "+i.name+", and start it again", returns, func() {
				i.kill(t)
				time.Sleep(time.Second)
				i.start(t)
			})
		}
	})
	t.Run("restart PostgreSQL", func(t *testing.T) {
		for _, mode := range []string{"fast", "immediate"} {
			l.fault(t, "pg_ctl restart -m "+mode, returns, func() { postgres.restart(t, mode) })
		}
	})
	t.Run("PostgreSQL is away", func(t *testing.T) {
		l.fault(t, "kill -9 of PostgreSQL, and 5 s without it", returns, func() {
			postgres.signal(t, syscall.SIGKILL)
			time.Sleep(5 * time.Second)
			postgres.start(t)
		})
	})
	t.Run("PostgreSQL stands still", func(t *testing.T) {
		long := duration(t, "FAULTS_PAUSE", 10*time.Second)
		l.fault(t, "SIGSTOP of PostgreSQL for "+long.String(), returns, func() {
			postgres.signal(t, syscall.SIGSTOP)
			time.Sleep(long)
			postgres.signal(t, syscall.SIGCONT)
		})
	})
	l.end()
	l.check(t)
}

// TestReplicaFaults takes away the replica from which two instances read. Nobody notices: no request fails.
func TestReplicaFaults(t *testing.T) {
	postgres := newCluster(t, "")
	replica := newReplica(t, postgres)
	l := put(t, newInstances(t, postgres.url(), 2, "GATEHOUSE_DATABASE_REPLICA_URLS="+replica.url(), "GATEHOUSE_REQUEST_TIMEOUT=10s"))
	l.settled = func() { replica.catchUp(t, postgres) }
	looking, stop := context.WithCancel(t.Context())
	defer stop()
	for _, i := range l.instances { // whoever writes all the time is answered by the primary
		l.clients.Go(func() { l.keepLooking(looking, i) })
	}
	long := duration(t, "FAULTS_PAUSE", 10*time.Second)
	for _, fault := range []struct {
		what       string
		take, give func()
	}{
		{"the replica is stopped in good order", func() { replica.stop(t, "fast") }, func() { replica.start(t) }},
		{"kill -9 of the replica", func() { replica.signal(t, syscall.SIGKILL) }, func() { replica.start(t) }},
		{"SIGSTOP of the replica for " + long.String(), func() { replica.signal(t, syscall.SIGSTOP) }, func() { replica.signal(t, syscall.SIGCONT) }},
	} {
		until(t, returns, "the instances read from the replica", func() bool { return replica.asked(t) })
		l.fault(t, fault.what, returns, func() {
			fault.take()
			time.Sleep(long)
			fault.give()
		})
		if n := l.tally.failed(); n > 0 {
			t.Errorf("%s: %d requests failed", fault.what, n)
		}
	}
	until(t, returns, "the instances read from the replica again", func() bool { return replica.asked(t) })
	stop()
	l.end()
	l.check(t)
}

// TestSQLiteFaults kills the one instance that there is on an SQLite file.
func TestSQLiteFaults(t *testing.T) {
	l := put(t, newInstances(t, "sqlite://"+t.TempDir()+"/gatehouse.db", 1))
	for range 3 {
		l.fault(t, "kill -9 on SQLite, and start again", returns, func() {
			l.instances[0].kill(t)
			l.instances[0].start(t)
		})
	}
	l.end()
	l.check(t)
}
