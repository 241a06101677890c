package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// permissions plays a table of who may do what. Cells are parted by two spaces or more. The first line names the
// viewers: variables that hold an access token, or - for nobody. Each further line is a request, written as for
// ask, and what comes of it for each viewer: ok; the code of the error, with /REASON where it has one; or . for
// not asked. Requests are made line by line, from left to right.
//
// Every field of Query, Mutation and Subscription must be asked for in the table: one that was forgotten fails the
// script. A subscription is ok when it tells of what the last of the viewers then asks for, by the second argument.
func (c *conversation) permissions(args []string) {
	if len(args) != 2 {
		c.Fatalf("usage: permissions TABLE REQUEST")
	}
	stir := strings.Fields(args[1])
	var viewers, wrong []string
	asked := map[string]bool{}
	for line := range strings.Lines(c.ReadFile(args[0])) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := regexp.MustCompile(`\s{2,}`).Split(line, -1)
		if viewers == nil {
			viewers = cells[1:]
			continue
		}
		if len(cells) != len(viewers)+1 {
			c.Fatalf("%q has %d answers for %d viewers", line, len(cells)-1, len(viewers))
		}
		request := strings.Fields(cells[0])
		query := c.ReadFile(request[0])
		for _, field := range startsOf(query) {
			asked[field] = true
		}
		variables := c.variables(c.expandAll(request[1:]))
		for i, want := range cells[1:] {
			if want == "." {
				continue
			}
			var got string
			if strings.HasPrefix(query, "subscription") {
				c.begin("permissions", c.bearer(viewers[i]), query, variables)
				if happened := c.outcome(viewers[len(viewers)-1], c.ReadFile(stir[0]), c.variables(c.expandAll(stir[1:]))); happened != "ok" {
					c.Fatalf("%s: %s", args[1], happened)
				}
				c.event([]string{"permissions"})
				c.hangup([]string{"permissions"})
				got = c.told()
			} else {
				got = c.outcome(viewers[i], query, variables)
			}
			if got != want {
				wrong = append(wrong, fmt.Sprintf("%s asks %s: %s, want %s\n%s", viewers[i], cells[0], got, want, c.indented()))
			}
		}
	}
	for _, field := range c.rootFields() {
		if !asked[field] {
			wrong = append(wrong, fmt.Sprintf("the table says nothing of %s: add a line with a request for it to %s", field, args[0]))
		}
	}
	if len(wrong) > 0 {
		c.Fatalf("%s", strings.Join(wrong, "\n"))
	}
}

// outcome is what comes of a request of a viewer's.
func (c *conversation) outcome(viewer, query string, variables map[string]any) string {
	c.query(c.bearer(viewer), query, variables)
	return c.told()
}

// bearer is the header with a viewer's token.
func (c *conversation) bearer(viewer string) http.Header {
	header := http.Header{}
	if viewer != "-" {
		header.Set("Authorization", "Bearer "+c.variable(viewer))
	}
	return header
}

// told is ok, or the code of the last answer's error.
func (c *conversation) told() string {
	code, err := follow(c.reply, "errors[0].extensions.code")
	if err != nil {
		return "ok"
	}
	if reason, err := follow(c.reply, "errors[0].extensions.reason"); err == nil {
		return code.(string) + "/" + reason.(string)
	}
	return code.(string)
}

// expandAll puts the values of variables in the place of $NAME.
func (c *conversation) expandAll(words []string) []string {
	expanded := make([]string, len(words))
	for i, word := range words {
		expanded[i] = regexp.MustCompile(`\$\w+`).ReplaceAllStringFunc(word, func(reference string) string {
			return c.variable(reference[1:])
		})
	}
	return expanded
}

// rootFields are all fields that an operation may start from, each behind the kind of operation.
func (c *conversation) rootFields() (fields []string) {
	c.query(nil, `{ __schema { queryType { ...F } mutationType { ...F } subscriptionType { ...F } } } fragment F on __Type { fields { name } }`, nil)
	for _, kind := range []string{"query", "mutation", "subscription"} {
		names, err := follow(c.reply, "data.__schema."+kind+"Type.fields")
		if err != nil && kind == "subscription" { // there are none
			continue
		}
		c.Check(err)
		for _, field := range names.([]any) {
			fields = append(fields, kind+" "+field.(map[string]any)["name"].(string))
		}
	}
	return fields
}

// startsOf are the fields that the operations of a document start from, each behind the kind of operation.
func startsOf(query string) (fields []string) {
	document, err := parser.ParseQuery(&ast.Source{Input: query})
	if err != nil {
		return nil // the server will say so
	}
	for _, operation := range document.Operations {
		for _, selection := range operation.SelectionSet {
			if field, ok := selection.(*ast.Field); ok {
				fields = append(fields, string(operation.Operation)+" "+field.Name)
			}
		}
	}
	return fields
}
