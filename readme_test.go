package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse/gatehouse/internal/account"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/backoff"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// TestReadmeConversation has the README's conversation with the program, command by command, and compares what it
// prints with what the README says it prints.
func TestReadmeConversation(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "sed"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("the README's conversation needs %s", tool)
			}
			t.Skipf("the README's conversation needs %s, which is not here", tool)
		}
	}
	commands, answers := exchanges(t, section(t, "README.md", "## A conversation"))
	if len(commands) < 6 {
		t.Fatalf("the conversation has only %d commands", len(commands))
	}

	dir := t.TempDir()
	ctx := lifetime(t)
	environment := testEnvironment(t, dir, "PATH="+os.Getenv("PATH"), "HOME="+dir)
	gatehouse, err := exec.LookPath("gatehouse") // TestMain put it on PATH
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(gatehouse, filepath.Join(dir, "bin", "gatehouse")); err != nil {
		t.Fatal(err)
	}
	output(ctx, t, dir, environment, gatehouse, "demo") // as `make run` does
	server, err := startProgram(ctx, dir, environment)
	if err != nil {
		t.Fatalf("%v\n%s", err, server.log.String())
	}
	defer func() { // not a Cleanup: the context, and with it the server, ends before those
		if err := server.terminate(); err != nil {
			t.Error(err)
		}
		if lines := server.complaints(); len(lines) > 0 {
			t.Errorf("the server logged %q", lines)
		}
	}()

	// One shell runs all commands, as the reader's does: later ones use what earlier ones have set.
	const mark = "--- the next command"
	script := "set -euo pipefail\n" + strings.Join(commands, "\necho '"+mark+"'\n")
	script = strings.ReplaceAll(script, "http://127.0.0.1:8080", server.url)
	got := strings.Split(output(ctx, t, dir, environment, "bash", "-c", script), mark+"\n")
	if len(got) != len(answers) {
		t.Fatalf("%d commands printed %d answers", len(answers), len(got))
	}
	for i, command := range commands {
		if diff := cmp.Diff(masked(answers[i]), masked(got[i])); diff != "" {
			t.Errorf("the README does not say what this prints (- README, + program):\n%s\n%s", command, diff)
		}
	}
}

// output runs a command and answers what it prints.
func output(ctx context.Context, t *testing.T, dir string, environment []string, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(ctx, name, args...)
	command.Dir, command.Env = dir, environment
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// masked is what is printed without what differs from time to time: tokens, times and ids.
func masked(text string) string {
	for pattern, mask := range map[string]string{
		`"eyJ[\w.-]+…?"`:                           `"TOKEN"`,
		`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`: `"TIME"`,
		`"id":"\d+"`:                               `"id":"ID"`,
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, mask)
	}
	return strings.TrimSpace(text)
}

// section is the text below a heading of a Markdown file, up to the next heading of the same level.
func section(t *testing.T, file, heading string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", file, heading)
	}
	level, _, _ := strings.Cut(heading, " ")
	below, _, _ = strings.Cut(below, "\n"+level+" ")
	return below
}

// block is a fenced block of a Markdown text: its language and what is in it.
type block struct{ language, text string }

func blocks(text string) (all []block) {
	for _, found := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		all = append(all, block{found[1], found[2]})
	}
	return all
}

// exchanges are the sh blocks of a text, and what each of them prints: the block after it, if that is not the next
// command.
func exchanges(t *testing.T, text string) (commands, answers []string) {
	t.Helper()
	for _, b := range blocks(text) {
		switch {
		case b.language == "sh":
			commands, answers = append(commands, b.text), append(answers, "")
		case len(commands) == 0 || answers[len(answers)-1] != "":
			t.Fatalf("an answer without a command: %s", b.text)
		default:
			answers[len(answers)-1] = b.text
		}
	}
	return commands, answers
}

// TestArchitectureShowsTheSQL sends the request that docs/architecture.md follows, and compares the statements that run
// with those that it shows. There, … stands for a list of columns.
func TestArchitectureShowsTheSQL(t *testing.T) {
	var query, answer string
	var want []string
	for _, b := range blocks(section(t, "docs/architecture.md", "## One request")) {
		switch b.language {
		case "graphql":
			query = b.text
		case "sql":
			want = append(want, strings.Join(strings.Fields(b.text), " "))
		case "json":
			answer = b.text
		}
	}
	if query == "" || len(want) == 0 {
		t.Fatal("docs/architecture.md follows no request")
	}

	var got []string
	api, access := tracedAPI(t, func(_ context.Context, text string) {
		_, statement, _ := strings.Cut(text, "query=")
		statement, _, _ = strings.Cut(statement, " args=")
		got = append(got, strings.Join(strings.Fields(strings.ReplaceAll(statement, "`", "")), " "))
	})
	got = nil
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(question(query, nil)))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+access)
	response := httptest.NewRecorder()
	api.ServeHTTP(response, request)

	if diff := cmp.Diff(answer, response.Body.String()); diff != "" {
		t.Errorf("docs/architecture.md shows another answer (-): %s", diff)
	}
	if len(got) != len(want) {
		t.Fatalf("%d statements ran, and %d are shown:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(want[i]), "…", `[\w., ]+`)
		if !regexp.MustCompile("^" + pattern + "$").MatchString(got[i]) {
			t.Errorf("docs/architecture.md shows\n%s\nbut what runs is\n%s", want[i], got[i])
		}
	}
}

// tracedAPI is what is served on a new database with the demo catalogue, whose statements are traced, and the access
// token of somebody who signed in there.
func tracedAPI(t *testing.T, trace func(context.Context, string)) (api http.Handler, access string) {
	t.Helper()
	settings, err := config.Load(testEnvironment(t, t.TempDir(), "GATEHOUSE_DATABASE_URL=sqlite://"+filepath.Join(t.TempDir(), "gatehouse.db")), nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(t.Context(), settings.DatabaseSource(), databasetest.Trace(trace))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	log := slog.New(slog.DiscardHandler)
	if err := prepare(t.Context(), db, true, log); err != nil {
		t.Fatal(err)
	}
	issuer, err := newIssuer(settings)
	if err != nil {
		t.Fatal(err)
	}
	guard, err := backoff.New(db, backoff.Settings{
		FreePerAccount: 10, FreePerAddress: 10, FirstDelay: time.Second, MaxDelay: time.Second,
		ForgiveAfter: time.Second, MaxRows: 10, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	trail, err := audit.New(db, audit.Settings{Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := account.New(db, issuer, account.Settings{
		AccessLifetime: time.Minute, RefreshLifetime: time.Minute, SessionLifetime: time.Minute, SessionsPerUser: 1,
		Guard:   guard,
		Hashing: account.Hashing{MemoryKiB: settings.Argon2MemoryKiB, Passes: settings.Argon2Passes},
		Trail:   trail, Now: time.Now, Random: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	products := catalog.New(db, catalog.NewLocalFeed(), time.Now)
	if _, err := products.LoadDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.Register(t.Context(), account.Registration{Username: "grace", Email: "grace@shop.example", Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	tokens, err := accounts.Obtain(t.Context(), "grace", goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	observer, err := newObserver(t.Context(), settings, log)
	if err != nil {
		t.Fatal(err)
	}
	parts := &app{settings: settings, log: log, observer: observer, db: db, accounts: accounts, catalog: products}
	return parts.handler(parts.api(nil), parts.readiness()), tokens.Access
}

// TestLinks follows every link of the documents to a file of this tree, and to a heading in it.
func TestLinks(t *testing.T) {
	documents, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	documents = append(documents, "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
	fenced := regexp.MustCompile("(?ms)^```.*?^```$")
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(fenced.ReplaceAllString(string(text), ""), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			name, anchor, _ := strings.Cut(link[1], "#")
			target := document
			if name != "" {
				target = filepath.Join(filepath.Dir(document), name)
			}
			if info, err := os.Stat(target); err == nil && info.IsDir() && anchor == "" {
				continue
			}
			there, err := os.ReadFile(target)
			if err != nil {
				t.Errorf("%s links to %s: %v", document, link[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(fenced.ReplaceAllString(string(there), "")), anchor) {
				t.Errorf("%s links to %s, but there is no such heading", document, link[1])
			}
		}
	}
}

// anchors are the names under which GitHub shows the headings of a Markdown text.
func anchors(text string) (names []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}
