package config_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/gatehouse/gatehouse/internal/config"
)

func TestSecretDoesNotShow(t *testing.T) {
	settings := config.Settings{SecretKey: goodKey}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%50v"} {
		fmt.Fprintf(&out, verb+"\n", settings.SecretKey)
		fmt.Fprintf(&out, verb+"\n", settings)
		fmt.Fprintf(&out, verb+"\n", &settings)
		fmt.Fprintf(&out, verb+"\n", []any{settings.SecretKey, &settings.SecretKey})
	}
	fmt.Fprintln(&out, settings.SecretKey, settings.SecretKey.String(), settings.SecretKey.GoString())
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).Info("start", "key", settings.SecretKey, "settings", settings)
	}
	if err := json.NewEncoder(&out).Encode(settings); err != nil {
		t.Fatal(err)
	}

	for _, form := range []string{goodKey, fmt.Sprintf("%x", goodKey), fmt.Sprintf("%X", goodKey), fmt.Sprintf("% x", goodKey)} {
		if i := strings.Index(out.String(), form); i >= 0 {
			t.Errorf("the secret shows: %.200s", out.String()[max(0, i-100):])
		}
	}
	if got := string(settings.SecretKey.Bytes()); got != goodKey {
		t.Errorf("Bytes() = %q", got)
	}
	if got := fmt.Sprintf("%v %#v %s", settings.SecretKey, settings.SecretKey, config.Secret("")); got != `[redacted] "[redacted]" ` {
		t.Errorf("got %q", got)
	}
}

func TestLoadOrCreateSecret(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	path := filepath.Join(dir, "secret.key")
	random := bytes.Repeat([]byte{0, 1, 2, 253, 254, 255}, 8)

	created, err := config.LoadOrCreateSecret(path, bytes.NewReader(random))
	if err != nil {
		t.Fatal(err)
	}
	if want := base64.StdEncoding.EncodeToString(random); string(created) != want {
		t.Errorf("created %q, want %q", created, want)
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != string(created)+"\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	for path, want := range map[string]os.FileMode{path: 0o600, dir: 0o700 | os.ModeDir, filepath.Dir(dir): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	alone(t, path)

	again, err := config.LoadOrCreateSecret(path, iotest.ErrReader(errors.New("not to be read")))
	if err != nil || !bytes.Equal(again, created) {
		t.Errorf("loaded %q, %v", again, err)
	}
}

// alone checks that there is nothing but path in its directory.
func alone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 || entries[0].Name() != filepath.Base(path) {
		t.Errorf("beside the key: %v, %v", entries, err)
	}
}

func TestLoadOrCreateSecretRefuses(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(path string) error
		says string
	}{
		{"readable by the group", writeKey(goodKey, 0o640), "(mode 0640); run: chmod 600 "},
		{"readable by others", writeKey(goodKey, 0o604), "chmod 600 "},
		{"writable by others", writeKey(goodKey, 0o602), "chmod 600 "},
		{"too short", writeKey(goodKey[1:]+"\n", 0o600), "must have at least 32 bytes, has 31"},
		{"empty", writeKey("", 0o600), "must have at least 32 bytes, has 0"},
		{"too large", writeKey(strings.Repeat("k", 1<<16+1), 0o600), "too large"},
		{"directory", func(path string) error { return os.Mkdir(path, 0o700) }, "not a regular file"},
		{"link", func(path string) error {
			target := filepath.Join(filepath.Dir(path), "target")
			return errors.Join(writeKey(goodKey, 0o600)(target), os.Symlink(target, path))
		}, "not a regular file"},
		{"dangling link", func(path string) error { return os.Symlink("nowhere", path) }, "not a regular file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "secret.key")
			if err := test.make(path); err != nil {
				t.Fatal(err)
			}
			key, err := config.LoadOrCreateSecret(path, rand.Reader)
			if err == nil || key != nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("got a key of %d bytes, error %v", len(key), err)
			}
			if err != nil && strings.Contains(err.Error(), goodKey[1:]) {
				t.Errorf("prints the key: %v", err)
			}
		})
	}
}

func writeKey(text string, mode os.FileMode) func(path string) error {
	return func(path string) error {
		return errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode))
	}
}

// TestChmodHelps runs the command that the error names.
func TestChmodHelps(t *testing.T) {
	path := filepath.Join(t.TempDir(), "it's $HOME", "secret.key")
	if err := errors.Join(os.Mkdir(filepath.Dir(path), 0o700), writeKey(goodKey, 0o644)(path)); err != nil {
		t.Fatal(err)
	}
	_, err := config.LoadOrCreateSecret(path, rand.Reader)
	if err == nil {
		t.Fatal("a key that all may read was accepted")
	}
	_, command, _ := strings.Cut(err.Error(), "run: ")
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	if key, err := config.LoadOrCreateSecret(path, rand.Reader); err != nil || string(key) != goodKey {
		t.Errorf("after %s: %v", command, err)
	}
}

func TestLoadOrCreateSecretLeavesNothingBehind(t *testing.T) {
	for name, random := range map[string][]byte{"no randomness": nil, "too little": make([]byte, 47)} {
		dir := filepath.Join(t.TempDir(), "data")
		if _, err := config.LoadOrCreateSecret(filepath.Join(dir, "secret.key"), bytes.NewReader(random)); err == nil {
			t.Errorf("%s: no error", name)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 0 {
			t.Errorf("%s: %v", name, entries)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := writeKey("", 0o600)(file); err != nil {
		t.Fatal(err)
	}
	if _, err := config.LoadOrCreateSecret(filepath.Join(file, "secret.key"), rand.Reader); err == nil {
		t.Error("a directory that is a file: no error")
	}
}

// TestLoadOrCreateSecretAtOnce starts many at a time, all of which must come by the same key.
func TestLoadOrCreateSecretAtOnce(t *testing.T) {
	for range 20 {
		path := filepath.Join(t.TempDir(), "data", "secret.key")
		const runners = 16
		keys := make([][]byte, runners)
		start := make(chan struct{})
		var group sync.WaitGroup
		for i := range runners {
			group.Go(func() {
				<-start
				key, err := config.LoadOrCreateSecret(path, rand.Reader)
				if err != nil {
					t.Error(err)
				}
				keys[i] = key
			})
		}
		close(start)
		group.Wait()
		for _, key := range keys {
			if len(key) != 64 || !bytes.Equal(key, keys[0]) {
				t.Fatalf("keys differ: %q", keys)
			}
		}
		alone(t, path)
	}
}

// TestLoadOrCreateSecretInProcesses is the same with processes: this test runs itself.
func TestLoadOrCreateSecretInProcesses(t *testing.T) {
	const variable = "GATEHOUSE_TEST_SECRET_PATH"
	if path := os.Getenv(variable); path != "" {
		key, err := config.LoadOrCreateSecret(path, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("key=%s\n", key)
		return
	}

	path := filepath.Join(t.TempDir(), "data", "secret.key")
	var group sync.WaitGroup
	outputs := make([]string, 4)
	for i := range outputs {
		group.Go(func() {
			command := exec.Command(os.Args[0], "-test.run=^TestLoadOrCreateSecretInProcesses$")
			command.Env = append(os.Environ(), variable+"="+path)
			output, err := command.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, output)
			}
			outputs[i], _, _ = strings.Cut(string(output), "\n")
		})
	}
	group.Wait()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, output := range outputs {
		if output+"\n" != "key="+string(text) {
			t.Errorf("got %q, the file has %q", output, text)
		}
	}
	alone(t, path)
}
