package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse/gatehouse/internal/config"
	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// TestMain lets this very binary be the program as well: a copy of it on PATH, named gatehouse, runs main.
func TestMain(m *testing.M) {
	if _, set := os.LookupEnv("GORACE"); !set {
		// Under the race detector each process sleeps before it exits, for a second unless it is told otherwise.
		_ = os.Setenv("GORACE", "atexit_sleep_ms=10")
	}
	testscript.Main(m, map[string]func(){"gatehouse": main})
}

// TestScripts has the conversations of testdata/script with the program: each script starts `gatehouse serve` on
// an empty database of its own and talks HTTP with it. Besides testscript's commands, scripts have these; the
// README beside them tells more.
//
//	[!] serve [VAR=value ...]                      start the server, and set $URL
//	[!] reload                                     have it read its keys, or trusted documents, again: SIGHUP
//	shutdown [-9]                                  stop it: SIGTERM, exit status 0; or SIGKILL
//	empty                                          begin anew, on an empty database
//	ask [-as TOKEN] [-from ORIGIN] [-H header] QUERY [name=value ...]  send a GraphQL request
//	raw [-H header] METHOD PATH [BODY]             send any HTTP request
//	listen NAME [-as TOKEN] QUERY [name=value ...]  begin a subscription, as server-sent events
//	event NAME [JSON | complete | cut]             wait for its next event, which must be this
//	hangup NAME                                    end it
//	reply JSON                                     the last answer is this, where "*" is anything but null
//	status CODE, header NAME REGEXP                the last answer has this status, this header
//	save NAME PATH                                 keep a part of the last answer in $NAME
//	cookie NAME                                    keep the cookie that the last answer set in $NAME
//	user NAME, staff NAME                          make an account and sign in
//	decode TOKEN, forge [flags] NAME TOKEN [claim=value ...]  read a token; make another of it
//	permissions TABLE REQUEST                      who may do what
//	simplejwt [-H header] METHOD PATH [name=value ...]  send a request to Django's SimpleJWT instead
//	sql FILE STATEMENT                             change an SQLite database behind everybody's back
//	[!] log REGEXP                                 the server has logged this
//	repeat NAME COUNT TEXT                         set $NAME to the text, so many times over
//	mode PERM FILE                                 the file has these permissions
//	sleep DURATION                                 let time pass
func TestScripts(t *testing.T) {
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, testSettings()...)
			if databasetest.OnPostgres() {
				env.Setenv("GATEHOUSE_DATABASE_URL", databasetest.Empty(env.T().(testing.TB)))
			}
			env.Setenv("PASSWORD", goodPassword)
			env.Setenv("ROOT", root)
			env.Values[conversationKey{}] = &conversation{tb: env.T().(testing.TB), dir: env.WorkDir}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ask":         asserting((*conversation).ask),
			"cookie":      asserting((*conversation).cookie),
			"decode":      asserting((*conversation).decode),
			"empty":       asserting((*conversation).empty),
			"event":       asserting((*conversation).event),
			"forge":       asserting((*conversation).forge),
			"hangup":      asserting((*conversation).hangup),
			"header":      asserting((*conversation).checkHeader),
			"listen":      asserting((*conversation).listen),
			"log":         negatable((*conversation).checkLog),
			"mode":        asserting((*conversation).checkMode),
			"permissions": asserting((*conversation).permissions),
			"raw":         asserting((*conversation).raw),
			"reload":      negatable((*conversation).reload),
			"repeat":      asserting((*conversation).repeat),
			"reply":       asserting((*conversation).checkReply),
			"save":        asserting((*conversation).save),
			"serve":       negatable((*conversation).serve),
			"shutdown":    asserting((*conversation).shutdown),
			"sql":         asserting((*conversation).sql),
			"simplejwt":   asserting((*conversation).simplejwt),
			"sleep":       asserting((*conversation).sleep),
			"staff":       asserting((*conversation).staff),
			"status":      asserting((*conversation).checkStatus),
			"user":        asserting((*conversation).user),
		},
		Condition:           condition,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// goodPassword is the password of everybody in scripts, as $PASSWORD: the policy has nothing against it.
const goodPassword = "plum-tangerine-42"

// conversation is what one script says and hears.
type conversation struct {
	*testscript.TestScript // the script, while one of its commands runs

	tb      testing.TB
	dir     string   // $WORK
	program *program // nil before the first serve
	client  http.Client

	streams map[string]*stream // that it follows

	excused int // complaints in the log that the script has asked for

	last  answer // to the last request
	reply any    // its JSON; nil when it is none
}

type conversationKey struct{}

// negatable is a command that takes a ! before it.
func negatable(command func(c *conversation, negated bool, args []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, negated bool, args []string) {
		c := ts.Value(conversationKey{}).(*conversation)
		c.TestScript = ts
		command(c, negated, args)
	}
}

// asserting is a command that takes none.
func asserting(command func(c *conversation, args []string)) func(*testscript.TestScript, bool, []string) {
	return negatable(func(c *conversation, negated bool, args []string) {
		if negated {
			c.Fatalf("this command cannot be negated")
		}
		command(c, args)
	})
}

// empty has the script go on with an empty database, and without any files of the server's.
func (c *conversation) empty(args []string) {
	if len(args) != 0 {
		c.Fatalf("usage: empty")
	}
	c.Check(os.RemoveAll(filepath.Join(c.dir, "data")))
	if databasetest.OnPostgres() {
		c.Setenv("GATEHOUSE_DATABASE_URL", databasetest.Empty(c.tb))
	}
}

// serve starts the program, or when negated expects it to end at once with an exit status other than 0, and lets
// stderr look at its log.
func (c *conversation) serve(refused bool, args []string) {
	if c.program != nil && c.program.running() {
		c.Fatalf("the server is running already")
	}
	for _, arg := range args {
		if !strings.HasPrefix(arg, "GATEHOUSE_") || !strings.Contains(arg, "=") {
			c.Fatalf("usage: serve [GATEHOUSE_NAME=value ...]")
		}
	}
	if c.program == nil {
		c.Defer(c.end)
	}
	var err error
	c.program, err = startProgram(lifetime(c.tb), c.dir, append(c.environment(), args...))
	switch {
	case refused && err == nil:
		c.Fatalf("the server started")
	case refused:
		_, _ = io.WriteString(c.Stderr(), c.program.log.String())
		c.checkRefusal()
	case err != nil:
		c.Fatalf("%v", err)
	}
	c.Setenv("URL", c.program.url)
}

// checkRefusal checks that a program that did not serve has ended in good order, with exit status 1.
func (c *conversation) checkRefusal() {
	if state := c.program.command.ProcessState; state == nil || state.ExitCode() != 1 {
		c.Fatalf("gatehouse serve ended with %v, not with exit status 1", state)
	}
}

// environment is what the program is told of the script's environment: its settings, and what a process needs.
func (c *conversation) environment() (environment []string) {
	names := []string{"HOME", "TMPDIR", "GOCOVERDIR", "GORACE"}
	for _, setting := range config.Variables() {
		names = append(names, setting.Name)
	}
	for _, name := range names {
		if value := c.Getenv(name); value != "" {
			environment = append(environment, name+"="+value)
		}
	}
	return environment
}

// shutdown ends the program as an operator does, or with -9 as no operator should.
func (c *conversation) shutdown(args []string) {
	if c.program == nil || !c.program.running() {
		c.Fatalf("the server is not running")
	}
	switch {
	case len(args) == 1 && args[0] == "-9":
		c.program.kill()
	case len(args) == 0:
		c.Check(c.program.terminate())
	default:
		c.Fatalf("usage: shutdown [-9]")
	}
	c.checkJournal()
}

// end ends the program with the script, and shows its log when the script failed.
func (c *conversation) end() {
	if c.program.running() {
		if err := c.program.terminate(); err != nil {
			c.tb.Error(err)
		}
		c.checkJournal()
	}
	c.client.CloseIdleConnections()
	if c.tb.Failed() {
		c.Logf("[log of gatehouse serve]\n%s", c.program.log.String())
	}
}

// checkJournal fails the script when the program has logged what no conversation should give rise to, or what
// nobody may read in a log.
func (c *conversation) checkJournal() {
	for _, line := range c.program.complaints() {
		if c.excused > 0 && strings.Contains(line, notReloaded) {
			c.excused--
			continue
		}
		c.tb.Errorf("gatehouse serve logged: %s", line)
	}
	for _, secret := range []string{goodPassword, "eyJ"} { // every token begins with eyJ
		if strings.Contains(c.program.log.String(), secret) {
			c.tb.Errorf("gatehouse serve logged a secret")
		}
	}
}

// options are the flags of a command.
type options struct {
	flags  *flag.FlagSet
	header http.Header // of a request
}

// newOptions has the flag that all requests have.
func newOptions() options {
	o := options{flags: flag.NewFlagSet("", flag.ContinueOnError), header: http.Header{}}
	o.flags.SetOutput(io.Discard)
	o.flags.Func("H", "", func(line string) error {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("%q is not a header", line)
		}
		name = http.CanonicalHeaderKey(strings.TrimSpace(name))
		o.header[name] = append(o.header[name], strings.TrimSpace(value))
		return nil
	})
	return o
}

// ask sends a GraphQL request.
func (c *conversation) ask(args []string) {
	o := newOptions()
	as := o.flags.String("as", "", "")
	from := o.flags.String("from", "", "")
	if err := o.flags.Parse(args); err != nil || o.flags.NArg() == 0 {
		c.Fatalf("usage: ask [-as TOKEN] [-from ORIGIN] [-H header] QUERY [name=value ...]: %v", err)
	}
	if *from != "" {
		o.header.Add("Origin", *from)
		o.header.Set("X-Requested-With", "a page")
	}
	if *as != "" {
		o.header.Set("Authorization", "Bearer "+c.variable(*as))
	}
	c.query(o.header, c.fileOr(o.flags.Arg(0), "{"), c.variables(o.flags.Args()[1:]))
	_, _ = c.Stdout().Write(c.indented())
}

// query sends a GraphQL request, keeps the answer, and checks its form.
func (c *conversation) query(header http.Header, query string, variables map[string]any) {
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	c.send(http.MethodPost, "/graphql", header, question(query, variables))
	if c.reply == nil {
		c.Fatalf("the answer is not JSON, but %s: %s", c.last.header.Get("Content-Type"), c.last.body)
	}
	if err := checkForm(c.reply); err != nil {
		c.Fatalf("%v\n%s", err, c.indented())
	}
	if got := c.last.header.Get("Cache-Control"); got != "no-store" {
		c.Fatalf("Cache-Control is %q", got)
	}
}

// raw sends any request.
func (c *conversation) raw(args []string) {
	o := newOptions()
	if err := o.flags.Parse(args); err != nil || o.flags.NArg() < 2 || o.flags.NArg() > 3 {
		c.Fatalf("usage: raw [-H header] METHOD PATH [BODY]: %v", err)
	}
	var body string
	if o.flags.NArg() == 3 {
		body = c.fileOr(o.flags.Arg(2), "{[ ")
	}
	c.send(o.flags.Arg(0), o.flags.Arg(1), o.header, []byte(body))
	_, _ = c.Stdout().Write(c.indented())
}

// send makes a request and keeps the answer.
func (c *conversation) send(method, path string, header http.Header, body []byte) {
	if c.program == nil || !c.program.running() {
		c.Fatalf("the server is not running")
	}
	var err error
	c.client.Timeout = patience
	c.last, err = send(c.tb.Context(), &c.client, method, c.program.url+path, header, body)
	c.Check(err)
	if c.reply, err = readJSON(c.last.body); err != nil {
		c.reply = nil
	}
}

// fileOr is the content of the named file, or the argument itself when it has one of the characters that tell it
// from a name.
func (c *conversation) fileOr(arg, signs string) string {
	if strings.ContainsAny(arg, signs) {
		return arg
	}
	return c.ReadFile(arg)
}

// variables are the variables of a request: each value is JSON, or else a string, and a dotted name stands for a
// member of an object.
func (c *conversation) variables(args []string) map[string]any {
	variables := map[string]any{}
	for _, arg := range args {
		path, text, ok := strings.Cut(arg, "=")
		if !ok {
			c.Fatalf("%q is not name=value", arg)
		}
		into, names := variables, strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			if into[name] == nil {
				into[name] = map[string]any{}
			}
			if into, ok = into[name].(map[string]any); !ok {
				c.Fatalf("%q is given twice", name)
			}
		}
		into[names[len(names)-1]] = jsonOr(text)
	}
	return variables
}

// jsonOr is a text as it stands when it is JSON, and else as a string.
func jsonOr(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

// variable is the value of a variable of the script, which must have one.
func (c *conversation) variable(name string) string {
	value, err := c.lookup(name)
	c.Check(err)
	return value
}

func (c *conversation) lookup(name string) (string, error) {
	if value := c.Getenv(name); value != "" {
		return value, nil
	}
	return "", fmt.Errorf("$%s is not set", name)
}

// indented is the last answer, made readable.
func (c *conversation) indented() []byte {
	var text bytes.Buffer
	if c.reply == nil || json.Indent(&text, bytes.TrimSpace(c.last.body), "", "  ") != nil {
		return c.last.body
	}
	text.WriteByte('\n')
	return text.Bytes()
}

// checkReply compares the last answer with what is wanted.
func (c *conversation) checkReply(args []string) {
	if len(args) != 1 {
		c.Fatalf("usage: reply JSON")
	}
	want, err := readJSON([]byte(c.fileOr(args[0], "{[")))
	if err != nil {
		c.Fatalf("%s: %v", args[0], err)
	}
	difference, err := compareReply(want, c.reply, c.lookup)
	c.Check(err)
	if difference != "" {
		c.Fatalf("the reply is another:\n%s", difference)
	}
}

// checkStatus compares the HTTP status of the last answer.
func (c *conversation) checkStatus(args []string) {
	if len(args) != 1 {
		c.Fatalf("usage: status CODE")
	}
	if got := strconv.Itoa(c.last.status); got != args[0] {
		c.Fatalf("the status is %s", got)
	}
}

// checkHeader looks at a header of the last answer.
func (c *conversation) checkHeader(args []string) {
	if len(args) != 2 {
		c.Fatalf("usage: header NAME REGEXP")
	}
	pattern, err := regexp.Compile(`^(?:` + args[1] + `)$`)
	c.Check(err)
	if got := c.last.header.Get(args[0]); !pattern.MatchString(got) {
		c.Fatalf("%s is %q", args[0], got)
	}
}

// checkLog looks for a text in the program's log. What the program has written may take a moment to arrive.
func (c *conversation) checkLog(negated bool, args []string) {
	if len(args) != 1 || c.program == nil {
		c.Fatalf("usage: [!] log REGEXP, after serve")
	}
	pattern, err := regexp.Compile(`(?m)` + args[0])
	c.Check(err)
	found := pattern.MatchString(c.program.log.String())
	if !found && !negated {
		found = c.program.awaitLog(pattern) == nil
	}
	if found == negated {
		c.Fatalf("the log is\n%s", c.program.log.String())
	}
}

// save keeps parts of the last answer in variables.
func (c *conversation) save(args []string) {
	if len(args) == 0 || len(args)%2 != 0 {
		c.Fatalf("usage: save NAME PATH [NAME PATH ...]")
	}
	for i := 0; i < len(args); i += 2 {
		value, err := follow(c.reply, args[i+1])
		c.Check(err)
		switch value.(type) {
		case string, json.Number, bool:
			c.Setenv(args[i], fmt.Sprint(value))
		default:
			c.Fatalf("%s is not a single value", args[i+1])
		}
	}
}

// cookie keeps the one cookie that the last answer set, as a browser would send it back.
func (c *conversation) cookie(args []string) {
	if len(args) != 1 {
		c.Fatalf("usage: cookie NAME")
	}
	set := c.last.header.Values("Set-Cookie")
	if len(set) != 1 {
		c.Fatalf("the answer sets %d cookies: %q", len(set), set)
	}
	pair, _, _ := strings.Cut(set[0], ";")
	c.Setenv(args[0], pair)
}

const registerUser = `mutation ($username: String!, $email: String!, $password: String!) {
	register(input: {username: $username, email: $email, password: $password}) { errors { message } }
}`

// user registers somebody and signs them in.
func (c *conversation) user(args []string) {
	if len(args) != 1 {
		c.Fatalf("usage: user NAME")
	}
	username := strings.ToLower(args[0])
	c.query(nil, registerUser, map[string]any{
		"username": username, "email": username + "@shop.example", "password": goodPassword,
	})
	c.signIn(args[0], username)
}

// staff has the program make a staff account, and signs in with it.
func (c *conversation) staff(args []string) {
	if len(args) != 1 {
		c.Fatalf("usage: staff NAME")
	}
	username := strings.ToLower(args[0])
	command := exec.CommandContext(c.tb.Context(), "gatehouse", "createsuperuser",
		"--username", username, "--email", username+"@shop.example")
	command.Dir = c.dir
	command.Env = append(c.environment(), "GATEHOUSE_SUPERUSER_PASSWORD="+goodPassword)
	if out, err := command.CombinedOutput(); err != nil {
		c.Fatalf("gatehouse createsuperuser: %v\n%s", err, out)
	}
	c.signIn(args[0], username)
}

const signIn = `mutation ($username: String!, $password: String!) {
	tokenObtain(username: $username, password: $password) { access refresh user { id } }
}`

// signIn obtains tokens and keeps them: NAME, NAME_REFRESH, and the user's id as NAME_ID.
func (c *conversation) signIn(name, username string) {
	c.query(nil, signIn, map[string]any{"username": username, "password": goodPassword})
	c.save([]string{
		name, "data.tokenObtain.access",
		name + "_REFRESH", "data.tokenObtain.refresh",
		name + "_ID", "data.tokenObtain.user.id",
	})
}

// repeat sets a variable to a long text.
func (c *conversation) repeat(args []string) {
	if len(args) != 3 {
		c.Fatalf("usage: repeat NAME COUNT TEXT")
	}
	count, err := strconv.Atoi(args[1])
	c.Check(err)
	c.Setenv(args[0], strings.Repeat(args[2], count))
}

// checkMode looks at who may read and write a file.
func (c *conversation) checkMode(args []string) {
	if len(args) != 2 {
		c.Fatalf("usage: mode PERM FILE")
	}
	want, err := strconv.ParseUint(args[0], 8, 32)
	c.Check(err)
	info, err := os.Stat(c.MkAbs(args[1]))
	c.Check(err)
	if got := info.Mode().Perm(); got != os.FileMode(want) {
		c.Fatalf("%s has mode %#o", args[1], got)
	}
}

// sleep lets time pass. What is then expected must stay true however much more of it has passed.
func (c *conversation) sleep(args []string) {
	if len(args) != 1 {
		c.Fatalf("usage: sleep DURATION")
	}
	duration, err := time.ParseDuration(args[0])
	c.Check(err)
	time.Sleep(duration)
}
