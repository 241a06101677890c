//go:build faults

package faults

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// proxy is a load balancer before instances.
type proxy struct {
	url, log string
	process  *os.Process
}

// startHAProxy starts HAProxy as deploy/haproxy.cfg has it, but for addresses.
func startHAProxy(t *testing.T, instances []*instance) *proxy {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "haproxy.cfg"))
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	replace := []string{"bind :8080", fmt.Sprintf("bind 127.0.0.1:%d", port), "127.0.0.1:8404", fmt.Sprintf("127.0.0.1:%d", freePort(t))}
	for n, i := range instances {
		replace = append(replace, fmt.Sprintf("gatehouse-%c:8080", 'a'+n), strings.TrimPrefix(i.url, "http://"))
	}
	return startProxy(t, port, strings.NewReplacer(replace...).Replace(string(text)), "haproxy", "-f")
}

// startProxy starts a proxy that takes its configuration by that flag.
func startProxy(t *testing.T, port int, configuration, name, flag string) *proxy {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name+".cfg")
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &proxy{url: fmt.Sprintf("http://127.0.0.1:%d", port), log: filepath.Join(dir, "log")}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(name, flag, path)
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatalf("%s: %v (install it)", name, err)
	}
	p.process = command.Process
	t.Cleanup(func() {
		_ = p.process.Signal(syscall.SIGTERM)
		_ = command.Wait() // it may not have started
		_ = log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(p.log)
			t.Logf("%s's log ends with\n%s", name, tail(string(text), 3000))
		}
	})
	until(t, 30*time.Second, name+" serves", func() bool {
		return (&client{instance: &instance{name: name, url: p.url}}).ask(t.Context(), `{ __typename }`, nil, nil) == nil
	})
	return p
}

// logged is how often the proxy has logged something.
func (p *proxy) logged(what string) int {
	text, _ := os.ReadFile(p.log) // nothing yet
	return strings.Count(string(text), what)
}

// awaitLog waits until the proxy has logged something more often than that.
func (p *proxy) awaitLog(t *testing.T, what string, before int) {
	t.Helper()
	until(t, 30*time.Second, "the proxy says "+what, func() bool { return p.logged(what) > before })
}
