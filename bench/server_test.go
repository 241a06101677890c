package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAddress(t *testing.T) {
	const started = 7
	for _, c := range []struct {
		log, url string
		pid      int
	}{
		{"time=1 level=INFO msg=serving url=http://127.0.0.1:8080\n", "http://127.0.0.1:8080", started},
		{"time=1 msg=starting\ntime=2 msg=serving url=http://127.0.0.1:8080 more=x\nlast\n", "http://127.0.0.1:8080", started},
		{"url=http://127.0.0.1:1 pid=42\n", "http://127.0.0.1:1", 42},
	} {
		log := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(log, []byte(c.log), 0o600); err != nil {
			t.Fatal(err)
		}
		url, pid, err := address(t.Context(), log, started)
		if err != nil || url != c.url || pid != c.pid {
			t.Errorf("%q: %s and %d (%v), not %s and %d", c.log, url, pid, err, c.url, c.pid)
		}
	}
}
