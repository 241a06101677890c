package main

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A serving program begins with clearing away what has expired.
func TestServingFlushes(t *testing.T) {
	dir := t.TempDir()
	command := exec.CommandContext(t.Context(), "gatehouse", "createsuperuser", "--username", "root", "--email", "root@shop.example")
	command.Dir, command.Env = dir, testEnvironment(t, dir, superuserPassword+"="+goodPassword)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	time.Sleep(2 * time.Millisecond)
	server := start(t, dir, "GATEHOUSE_AUDIT_RETENTION=1ms")
	if err := server.awaitLog(regexp.MustCompile(`msg="deleted audit events past their retention" rows=1\n`)); err != nil {
		t.Error(err)
	}
	if err := server.terminate(); err != nil {
		t.Error(err)
	}
}

// What cannot be deleted of one kind keeps nothing of the others, and is told with its name.
func TestFlushGoesOn(t *testing.T) {
	broken := errors.New("broken")
	flush := func(deleted int, err error) func(context.Context) (int, error) {
		return func(context.Context) (int, error) { return deleted, err }
	}
	var told []string
	err := flushAll(t.Context(), []expiring{
		{"apples", flush(0, broken)},
		{"pears", flush(7, broken)},
		{"plums", flush(0, nil)},
		{"figs", func(context.Context) (int, error) { panic("rotten") }},
		{"nuts", flush(3, nil)},
	}, func(deleted int, rows string) error {
		told = append(told, strconv.Itoa(deleted)+" "+rows)
		return nil
	})
	if want := []string{"7 pears", "0 plums", "3 nuts"}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
	want := "deleting apples: broken\ndeleting pears: broken\ndeleting figs: panic: rotten\n"
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}
