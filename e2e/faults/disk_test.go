//go:build faults

package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// disk is a small file system of the tests' own.
type disk struct{ dir string }

// newDisk mounts one, which takes root.
func newDisk(t *testing.T, mib int) *disk {
	t.Helper()
	d := &disk{t.TempDir()}
	if err := syscall.Mount("faults", d.dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0755", mib)); err != nil {
		t.Fatalf("mounting a small file system: %v (it takes root)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(d.dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(filepath.Dir(d.dir), 0o755); err != nil { // PostgreSQL is somebody else
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(d.dir)), 0o755); err != nil {
		t.Fatal(err)
	}
	return d
}

// fill takes all the room that there is left.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	ballast, err := os.Create(filepath.Join(d.dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer ballast.Close()
	for block := make([]byte, 64<<10); len(block) >= 4096; {
		if _, err := ballast.Write(block); errors.Is(err, syscall.ENOSPC) {
			block = block[:len(block)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// clear makes room.
func (d *disk) clear(t *testing.T) {
	t.Helper()
	if err := os.Remove(filepath.Join(d.dir, "ballast")); err != nil {
		t.Fatal(err)
	}
}

// full fills the disk until writes have failed for some time and reads have not, and makes room again.
func (l *load) full(t *testing.T, d *disk) {
	t.Helper()
	d.fill(t)
	until(t, 30*time.Second, "writes fail for want of room", func() bool {
		d.fill(t) // what was let go of meanwhile
		return l.tally.outcomes("INTERNAL_SERVER_ERROR") >= 20
	})
	l.await("reads go on", returns, []string{asking})
	l.check(t)
	d.clear(t)
}

// TestFullDisk leaves PostgreSQL no room for its data. Its log of changes is elsewhere, as PostgreSQL's own manual advises:
// without that, it stops; see TestFullDiskUnderTheLog.
func TestFullDisk(t *testing.T) {
	d := newDisk(t, 128)
	postgres := newCluster(t, d.dir, "--waldir", filepath.Join(worldReadable(t), "wal"))
	l := put(t, newInstances(t, postgres.url(), 2))
	l.fault(t, "PostgreSQL's data have no more room", returns, func() { l.full(t, d) })
	l.end()
	l.check(t)
}

// TestFullDiskUnderTheLog leaves PostgreSQL no room for its log of changes. It then ends, by design, and whoever supervises it
// has to start it again: here somebody tries once a second, as systemd or a container's restart policy does.
func TestFullDiskUnderTheLog(t *testing.T) {
	d := newDisk(t, 32)
	if err := os.Chmod(d.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	postgres := newCluster(t, "", "--waldir", filepath.Join(d.dir, "wal"))
	direct := postgres.open(t)
	l := put(t, newInstances(t, postgres.url(), 2))
	l.fault(t, "PostgreSQL's log has no more room", 2*returns, func() {
		d.fill(t)
		until(t, time.Minute, "PostgreSQL panics", func() bool {
			d.fill(t)                                                        // what was let go of meanwhile
			_, _ = direct.ExecContext(t.Context(), "SELECT pg_switch_wal()") // has it need room now
			logged, err := os.ReadFile(postgres.log)
			return err == nil && strings.Contains(string(logged), "PANIC:") && l.tally.outcomes("INTERNAL_SERVER_ERROR") >= 10
		})
		d.clear(t)
		until(t, time.Minute, "PostgreSQL is started again", func() bool {
			if !postgres.running() {
				fmt.Println("    PostgreSQL had ended, and is started again")
				_ = postgres.command("pg_ctl", "start", "-D", postgres.dir, "-l", postgres.log, "-w").Run()
			}
			return postgres.running()
		})
	})
	l.end()
	l.check(t)
}

// TestFullDiskUnderSQLite leaves an SQLite file no room.
func TestFullDiskUnderSQLite(t *testing.T) {
	d := newDisk(t, 16)
	l := put(t, newInstances(t, "sqlite://"+d.dir+"/gatehouse.db", 1))
	l.fault(t, "SQLite has no more room", returns, func() { l.full(t, d) })
	l.end()
	l.check(t)
}

// worldReadable is a folder that others may look for things in.
func worldReadable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "faults-wal-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}
