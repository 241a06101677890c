//go:build attack

package attack

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver
)

// cpu is the CPU time that the server has used, of users and system, exact to 10 ms.
func (s *server) cpu(t *testing.T) time.Duration {
	t.Helper()
	used, err := cpuOf(fmt.Sprintf("/proc/%d", s.process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// cpuOf reads the stat of a process, proc(5): utime and stime are the 14th and 15th field, in hundredths of a second.
func cpuOf(process string) (time.Duration, error) {
	text, err := os.ReadFile(filepath.Join(process, "stat"))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:])) // from the third; the second may have spaces
	var user, system int64
	if _, err := fmt.Sscan(strings.Join(fields[11:13], " "), &user, &system); err != nil {
		return 0, fmt.Errorf("%s/stat: %w", process, err)
	}
	return time.Duration(user+system) * (time.Second / 100), nil
}

// postgres is a database of the test's own.
type postgres struct {
	url, name string
	admin     *sql.DB
}

// newPostgres makes a database on that server, and drops it when the test ends.
func newPostgres(t *testing.T, server string) *postgres {
	t.Helper()
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	p := &postgres{admin: admin, name: fmt.Sprint("gatehouse_capacity_", os.Getpid())}
	if _, err := admin.ExecContext(t.Context(), "CREATE DATABASE "+p.name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + p.name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	at, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = "/" + p.name
	p.url = at.String()
	return p
}

// version is the server's, and whether it waits for the disk.
func (p *postgres) version(t *testing.T) string {
	t.Helper()
	var version, fsync string
	if err := p.admin.QueryRowContext(t.Context(), "SELECT current_setting('server_version'), current_setting('fsync')").Scan(&version, &fsync); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s (fsync = %s)", version, fsync)
}

// connections is how many the database has.
func (p *postgres) connections(t *testing.T) (n int) {
	t.Helper()
	if err := p.admin.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", p.name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// used is CPU time by process.
type used map[string]time.Duration

// cpu is that of the processes which serve the database's connections, as long as they are on this machine. What all databases
// share is not in it: writing to the disk in the background, the checkpointer, autovacuum. Of no database it is nothing.
func (p *postgres) cpu() used {
	if p == nil {
		return nil
	}
	all := used{}
	processes, _ := filepath.Glob("/proc/[0-9]*") // its only error is a wrong pattern
	for _, process := range processes {
		title, err := os.ReadFile(filepath.Join(process, "cmdline"))
		if err != nil || !bytes.HasPrefix(title, []byte("postgres: ")) || !bytes.Contains(title, []byte(" "+p.name+" ")) {
			continue // or it has ended
		}
		if cpu, err := cpuOf(process); err == nil {
			all[process] = cpu
		}
	}
	return all
}

// since is how much more it is than before. What has ended meanwhile is not counted.
func (u used) since(before used) (more time.Duration) {
	for process, cpu := range u {
		more += cpu - before[process]
	}
	return more
}
