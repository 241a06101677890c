package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// exitInterrupted is the exit status that shells give a program that was interrupted.
const exitInterrupted = 130

// prompt asks the person at the terminal. Where the input is no terminal, it reads lines.
type prompt struct {
	ctx context.Context //nolint:containedctx // a prompt lives as long as the command it asks for
	in  io.Reader
	out io.Writer // where the questions go
	buf *bufio.Reader
}

func newPrompt(cmd *cobra.Command) *prompt {
	in := cmd.InOrStdin()
	return &prompt{ctx: cmd.Context(), in: in, out: cmd.ErrOrStderr(), buf: bufio.NewReader(in)}
}

// interruptible ends the program at the first signal while somebody is asked, with the terminal as it was:
// reading from a terminal cannot be cancelled. The function it answers ends that.
func (p *prompt) interruptible(fd int) (done func()) {
	state, err := term.GetState(fd)
	stop := context.AfterFunc(p.ctx, func() {
		if err == nil {
			_ = term.Restore(fd, state)
		}
		_, _ = fmt.Fprintln(p.out)
		os.Exit(exitInterrupted)
	})
	return func() { stop() }
}

// line asks for a line, which is answered without the spaces around it.
func (p *prompt) line(question string) (string, error) {
	if fd, isTerminal := p.terminal(); isTerminal {
		defer p.interruptible(fd)()
		_, _ = fmt.Fprint(p.out, question)
	}
	text, err := p.read()
	return strings.TrimSpace(text), err
}

// newPassword asks for a password, twice and without showing it at a terminal.
func (p *prompt) newPassword() (string, error) {
	fd, isTerminal := p.terminal()
	if !isTerminal {
		return p.read()
	}
	defer p.interruptible(fd)()
	var typed [2]string
	for i, question := range []string{"Password: ", "Password, once more: "} {
		_, _ = fmt.Fprint(p.out, question)
		text, err := term.ReadPassword(fd)
		_, _ = fmt.Fprintln(p.out)
		if err != nil {
			return "", fmt.Errorf("reading a password: %w", err)
		}
		typed[i] = string(text)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ")
	}
	return typed[0], nil
}

func (p *prompt) terminal() (fd int, isTerminal bool) {
	file, isFile := p.in.(*os.File)
	if !isFile {
		return 0, false
	}
	fd = int(file.Fd())
	return fd, term.IsTerminal(fd)
}

func (p *prompt) read() (string, error) {
	text, err := p.buf.ReadString('\n')
	if errors.Is(err, io.EOF) && text == "" {
		return "", errors.New("there is nobody to ask: the input is empty")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("reading the input: %w", err)
	}
	return strings.TrimRight(text, "\r\n"), nil
}
