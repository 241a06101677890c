package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// prompt asks the person at the terminal. Where the input is no terminal, it reads lines.
type prompt struct {
	in  io.Reader
	out io.Writer // where the questions go
	buf *bufio.Reader
}

func newPrompt(cmd *cobra.Command) *prompt {
	in := cmd.InOrStdin()
	return &prompt{in: in, out: cmd.ErrOrStderr(), buf: bufio.NewReader(in)}
}

// line asks for a line, which is answered without the spaces around it.
func (p *prompt) line(question string) (string, error) {
	if _, isTerminal := p.terminal(); isTerminal {
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
