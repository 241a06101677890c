package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// terminal is a pseudo-terminal: what a person types goes in, and what is on the screen comes out.
type terminal struct {
	person *os.File // the person's end
	line   *os.File // the program's end

	mu     sync.Mutex
	screen bytes.Buffer
	closed chan struct{} // closed when nothing more will be on the screen
}

// openTerminal opens a pseudo-terminal (pty(7)).
func openTerminal(t *testing.T) *terminal {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var unlock, number int32
	ioctl(t, person, syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(t, person, syscall.TIOCGPTN, unsafe.Pointer(&number))
	line, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{person: person, line: line, closed: make(chan struct{})}
	t.Cleanup(func() {
		_ = line.Close()
		_ = person.Close()
	})
	go func() {
		defer close(term.closed)
		_, _ = io.Copy(term, person) // fails when the last program has closed its end
	}()
	return term
}

func ioctl(t *testing.T, file *os.File, request uintptr, argument unsafe.Pointer) {
	t.Helper()
	raw, err := file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var errno syscall.Errno
	if err := raw.Control(func(fd uintptr) {
		_, _, errno = syscall.Syscall(syscall.SYS_IOCTL, fd, request, uintptr(argument))
	}); err != nil || errno != 0 {
		t.Fatal(err, errno)
	}
}

// Write puts something on the screen.
func (term *terminal) Write(text []byte) (int, error) {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.screen.Write(text)
}

func (term *terminal) String() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.screen.String()
}

// echoes says whether what is typed now shows on the screen.
func (term *terminal) echoes(t *testing.T) bool {
	t.Helper()
	var state syscall.Termios
	ioctl(t, term.person, syscall.TCGETS, unsafe.Pointer(&state))
	return state.Lflag&syscall.ECHO != 0
}

// answer types a line once the question is on the screen and the terminal echoes, or does not, as wanted.
func (term *terminal) answer(t *testing.T, question, line string, echo bool) {
	t.Helper()
	term.typeAt(t, question, line+"\n", echo)
}

// typeAt types some keys then.
func (term *terminal) typeAt(t *testing.T, question, keys string, echo bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if strings.HasSuffix(term.String(), question) && term.echoes(t) == echo {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %q with echo %v; on the screen is\n%s", question, echo, term)
		}
	}
	if _, err := io.WriteString(term.person, keys); err != nil {
		t.Fatal(err)
	}
}

// createsuperuser shows the names that are typed, and not the passwords.
func TestPasswordsDoNotShowAtTheTerminal(t *testing.T) {
	t.Parallel()
	term := openTerminal(t)
	command := exec.CommandContext(lifetime(t), "gatehouse", "createsuperuser")
	command.Dir = t.TempDir()
	command.Env = testEnvironment(t, command.Dir)
	command.Stdin, command.Stdout, command.Stderr = term.line, term.line, term.line
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	term.answer(t, "Username: ", "admin", true)
	term.answer(t, "E-mail address: ", "admin@shop.example", true)
	term.answer(t, "Password: ", goodPassword, false)
	term.answer(t, "Password, once more: ", goodPassword, false)
	if err := command.Wait(); err != nil {
		t.Errorf("gatehouse createsuperuser: %v", err)
	}
	if !term.echoes(t) {
		t.Error("the terminal does not echo any more")
	}
	if err := term.line.Close(); err != nil {
		t.Fatal(err)
	}
	<-term.closed

	screen := strings.ReplaceAll(term.String(), "\r\n", "\n")
	screen = regexp.MustCompile(`(?m)^time=\S+ `).ReplaceAllString(screen, "")
	if _, screen, _ = strings.Cut(screen, "Username: "); screen != "admin\nE-mail address: admin@shop.example\n"+
		"Password: \nPassword, once more: \nlevel=INFO msg=audit kind=REGISTER subject=1\nMade the staff account admin.\n" {
		t.Errorf("on the screen is\n%s", term)
	}
}

// An interrupt while a password is asked for ends the program at once, and the terminal echoes again.
func TestInterruptAtThePassword(t *testing.T) {
	t.Parallel()
	term := openTerminal(t)
	command := exec.CommandContext(lifetime(t), "gatehouse", "createsuperuser", "--username=admin", "--email=admin@shop.example")
	command.Dir = t.TempDir()
	command.Env = testEnvironment(t, command.Dir)
	command.Stdin, command.Stdout, command.Stderr = term.line, term.line, term.line
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	const interrupt = "\x03" // Ctrl-C
	term.typeAt(t, "Password: ", interrupt, false)
	var ended *exec.ExitError
	if err := command.Wait(); !errors.As(err, &ended) || ended.ExitCode() != exitInterrupted {
		t.Errorf("gatehouse createsuperuser: %v, want exit status %d", err, exitInterrupted)
	}
	if !term.echoes(t) {
		t.Error("the terminal does not echo any more")
	}
}
