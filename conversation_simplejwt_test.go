package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/gatehouse/gatehouse/internal/database/databasetest"
)

// simplejwtPython is a Python that has Django and SimpleJWT; empty when there is none. Debian's packages are for
// Debian's own, which need not be the first on PATH.
var simplejwtPython = sync.OnceValue(func() string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import django, rest_framework, rest_framework_simplejwt").Run() == nil {
			return python
		}
	}
	return ""
})

// condition is what a script may ask for in brackets.
func condition(name string) (bool, error) {
	switch name {
	case "simplejwt":
		return simplejwtPython() != "", nil
	case "sqlite":
		return !databasetest.OnPostgres(), nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// simplejwt sends a request to Django's SimpleJWT, which runs for that alone, and keeps the answer.
func (c *conversation) simplejwt(args []string) {
	o := newOptions()
	if err := o.flags.Parse(args); err != nil || o.flags.NArg() < 2 {
		c.Fatalf("usage: simplejwt [-H header] METHOD PATH [name=value ...]: %v", err)
	}
	body, err := json.Marshal(c.variables(o.flags.Args()[2:]))
	c.Check(err)
	program := filepath.Join(c.Getenv("ROOT"), "testdata", "simplejwt", "simplejwt.py")
	command := exec.CommandContext(c.tb.Context(), simplejwtPython(), program, o.flags.Arg(0), o.flags.Arg(1), string(body))
	for _, name := range []string{"PATH", "GATEHOUSE_SECRET_KEY", "PASSWORD", "SIMPLE_JWT"} {
		command.Env = append(command.Env, name+"="+c.Getenv(name))
	}
	if header := o.header.Values("Authorization"); len(header) > 0 {
		command.Env = append(command.Env, "AUTHORIZATION="+header[0])
	}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		c.Fatalf("%s: %v\n%s", program, err, stderr.Bytes())
	}
	status, text, _ := bytes.Cut(output, []byte("\n"))
	c.last = answer{header: http.Header{}, body: text}
	c.last.status, err = strconv.Atoi(string(status))
	c.Check(err)
	if c.reply, err = readJSON(text); err != nil {
		c.reply = nil
	}
	_, _ = c.Stdout().Write(c.indented())
}
