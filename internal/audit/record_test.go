package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/auditevent"
	"github.com/gatehouse/gatehouse/internal/audit"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/requestid"
)

// kinds are all there are.
var kinds = []auditevent.Kind{
	audit.Register, audit.SignIn, audit.SignInFailed, audit.Refresh, audit.ReuseDetected, audit.TokenRevoked,
	audit.Logout, audit.SessionRevoked, audit.PasswordChanged, audit.ProfileUpdated, audit.UserUpdated,
}

func requested(ctx context.Context, agent string) context.Context {
	ctx = auth.WithClient(ctx, auth.Client{IPAddress: "2001:db8::1", UserAgent: agent})
	return requestid.NewContext(ctx, "0123456789abcdef01234567")
}

func TestRecord(t *testing.T) {
	w := build(t)
	w.record(t, requested(t.Context(), "test/1.0"),
		audit.Event{Kind: audit.Logout, Actor: 1, Subject: 2, Session: 3},
		audit.Event{Kind: audit.Register, Subject: 4},
	)
	rows := w.rows(t)
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, row := range rows {
		if *row.IPAddress != "2001:db8::1" || *row.UserAgent != "test/1.0" || *row.RequestID != "0123456789abcdef01234567" {
			t.Errorf("row %d: from %q, %q in %q", i, *row.IPAddress, *row.UserAgent, *row.RequestID)
		}
		if !row.CreatedAt.Equal(noon.Truncate(time.Millisecond)) || row.CreatedAt.Location() != time.UTC {
			t.Errorf("row %d: at %v", i, row.CreatedAt)
		}
	}
	if e := rows[0]; e.Kind != audit.Logout || *e.ActorID != 1 || *e.SubjectID != 2 || *e.SessionID != 3 {
		t.Errorf("row 0: %v", e)
	}
	if e := rows[1]; e.Kind != audit.Register || e.ActorID != nil || *e.SubjectID != 4 || e.SessionID != nil {
		t.Errorf("row 1: %v", e)
	}
	lines := strings.Split(strings.TrimSpace(w.log.String()), "\n")
	for i, want := range []string{
		`level=INFO msg=audit kind=LOGOUT actor=1 subject=2 session=3 ip=2001:db8::1 user_agent=test/1.0 request_id=0123456789abcdef01234567`,
		`level=INFO msg=audit kind=REGISTER subject=4 ip=2001:db8::1 user_agent=test/1.0 request_id=0123456789abcdef01234567`,
	} {
		if len(lines) != 2 || !strings.HasSuffix(lines[i], want) {
			t.Errorf("log %q; want line %d to be %q", lines, i, want)
		}
	}
}

// What is not known is null in the table and missing in the log.
func TestRecordOfACommand(t *testing.T) {
	w := build(t)
	w.record(t, t.Context(), audit.Event{Kind: audit.PasswordChanged, Subject: 1})
	e := w.rows(t)[0]
	if e.ActorID != nil || e.SessionID != nil || e.IPAddress != nil || e.UserAgent != nil || e.RequestID != nil {
		t.Errorf("row %v", e)
	}
	if line := w.log.String(); !strings.HasSuffix(line, " level=INFO msg=audit kind=PASSWORD_CHANGED subject=1\n") {
		t.Errorf("log %q", line)
	}
}

func TestEveryKindIsRecorded(t *testing.T) {
	w := build(t)
	for i, kind := range kinds {
		w.log.Reset()
		w.record(t, t.Context(), audit.Event{Kind: kind})
		if rows := w.rows(t); len(rows) != i+1 || rows[i].Kind != kind {
			t.Errorf("%s: rows %v", kind, rows)
		}
		level := "INFO"
		if kind == audit.SignInFailed || kind == audit.ReuseDetected {
			level = "WARN"
		}
		if line := w.log.String(); !strings.HasSuffix(line, " level="+level+" msg=audit kind="+string(kind)+"\n") {
			t.Errorf("log %q", line)
		}
	}
}

// What did not happen is neither in the table nor in the log.
func TestUndone(t *testing.T) {
	w := build(t)
	refused := errors.New("no")
	err := w.db.Write(t.Context(), func(tx *ent.Tx) error {
		if err := w.Record(t.Context(), tx, audit.Event{Kind: audit.SignIn}); err != nil {
			t.Error(err)
		}
		return refused
	})
	if !errors.Is(err, refused) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = w.db.Write(ctx, func(tx *ent.Tx) error { // given up just before it is committed
		err := w.Record(ctx, tx, audit.Event{Kind: audit.SignIn})
		cancel()
		return err
	})
	if err == nil { // that it was cancelled, or that the transaction is over: as fast as that is noticed
		t.Error("committed for nobody")
	}
	func() {
		defer func() { _ = recover() }()
		_ = w.db.Write(t.Context(), func(tx *ent.Tx) error {
			if err := w.Record(t.Context(), tx, audit.Event{Kind: audit.SignIn}); err != nil {
				t.Error(err)
			}
			panic("midway")
		})
	}()
	if rows := w.rows(t); len(rows) != 0 || w.log.Len() != 0 {
		t.Errorf("rows %v, log %q; want neither", rows, w.log)
	}
}

// An event that cannot be written is an internal error, for the caller to fail with.
func TestRecordFails(t *testing.T) {
	w := build(t)
	for name, e := range map[string]audit.Event{"no kind": {}, "another kind": {Kind: "BREAK_IN"}} {
		err := w.db.Write(t.Context(), func(tx *ent.Tx) error { return w.Record(t.Context(), tx, audit.Event{Kind: audit.SignIn}, e) })
		wantCode(t, err, fault.Internal)
		if rows := w.rows(t); len(rows) != 0 || w.log.Len() != 0 {
			t.Errorf("%s: rows %v, log %q; want neither", name, rows, w.log)
		}
	}
}

// Whatever a client calls itself, the log has one line an event that says what happened and nothing else.
func TestHostileUserAgents(t *testing.T) {
	for name, tt := range map[string]struct{ sent, kept string }{
		"a forged line":      {"x\ntime=2026-01-31T12:00:00Z level=INFO msg=audit kind=LOGOUT", "xtime=2026-01-31T12:00:00Z level=INFO msg=audit kind=LOGOUT"},
		"a carriage return":  {"x\r\nlevel=ERROR", "xlevel=ERROR"},
		"quotes":             {`x" level=ERROR msg="broken\`, `x" level=ERROR msg="broken\`},
		"JSON":               {`"},{"level":"ERROR`, `"},{"level":"ERROR`},
		"an escape sequence": {"\x1b[2J\x1b]0;owned\x07", "[2J]0;owned"},
		"a one-byte escape":  {"a\u009b2J", "a2J"},
		"NUL":                {"a\x00b", "ab"},
		"other line ends":    {"a\u2028b\u2029c\u0085d\x0be\x0cf", "abcdef"},
		"bidi controls":      {"a\u202eb", "ab"},
		"not UTF-8":          {"a\xffb", "ab"},
		"cut in a character": {strings.Repeat("x", 510) + "€", strings.Repeat("x", 510)},
		"SQL":                {"'); DROP TABLE audit_events; --", "'); DROP TABLE audit_events; --"},
		"format verbs":       {"%s%n%d", "%s%n%d"},
	} {
		t.Run(name, func(t *testing.T) {
			var text, structured bytes.Buffer
			for _, handler := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&structured, nil)} {
				w := build(t, func(s *audit.Settings) { s.Log = slog.New(handler) })
				w.record(t, requested(t.Context(), tt.sent), audit.Event{Kind: audit.SignIn, Actor: 1})
				if rows := w.rows(t); len(rows) != 1 || *rows[0].UserAgent != tt.kept {
					t.Errorf("stored %v; want %q", rows, tt.kept)
				}
			}
			for _, log := range []string{text.String(), structured.String()} {
				if line, ended := strings.CutSuffix(log, "\n"); !ended || strings.ContainsFunc(line, unicode.IsControl) {
					t.Errorf("logged %q; want one line of plain text", log)
				}
			}
			if line := text.String(); !strings.Contains(line, " user_agent="+strconv.Quote(tt.kept)+" request_id=") &&
				(!strings.Contains(line, " user_agent="+tt.kept+" request_id=") || strings.ContainsAny(tt.kept, "\"= ")) {
				t.Errorf("logged %s", line)
			}
			var read struct {
				Level, Kind string
				UserAgent   string `json:"user_agent"`
			}
			if err := json.Unmarshal(structured.Bytes(), &read); err != nil || read.Level != "INFO" || read.Kind != "SIGN_IN" || read.UserAgent != tt.kept {
				t.Errorf("logged %s, %v", structured.String(), err)
			}
		})
	}
}
