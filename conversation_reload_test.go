package main

import (
	"io"
	"regexp"
	"strings"
	"syscall"
)

// notReloaded is what the program logs when it cannot use its keys, or its trusted documents.
const notReloaded = "cannot be reloaded; the old ones go on"

// reload has the program read its keys or its trusted documents again, and waits until it has.
func (p *program) reload() (line string, err error) {
	outcomes := regexp.MustCompile(`(?m)^.*(?:reloaded the (?:keys|trusted documents)|nothing to reload|` + notReloaded + `).*\n`)
	before := len(p.log.String())
	if err := p.command.Process.Signal(syscall.SIGHUP); err != nil {
		return "", err
	}
	return p.awaitLogAfter(before, outcomes)
}

// reload sends SIGHUP. When negated what is read must be refused, and stderr looks at why.
func (c *conversation) reload(refused bool, args []string) {
	if len(args) != 0 || c.program == nil || !c.program.running() {
		c.Fatalf("usage: [!] reload, while the server is running")
	}
	line, err := c.program.reload()
	c.Check(err)
	_, _ = io.WriteString(c.Stderr(), line)
	if got := strings.Contains(line, notReloaded); got != refused {
		c.Fatalf("the server logged: %s", line)
	}
	if refused {
		c.excused++
	}
}
