package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/diff"
)

// readJSON reads one JSON value, with its numbers as they are written.
func readJSON(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more after the JSON value")
	}
	return value, nil
}

// showJSON writes a JSON value for people to compare: indented, its members in alphabetical order.
func showJSON(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		panic(err) // it was JSON before
	}
	return text.Bytes()
}

// compareReply says how a reply differs from what is wanted; empty when it does not. In what is wanted, "*"
// stands for anything but null, and ${NAME} in a string for what lookup knows by that name. Errors may come in
// any order.
func compareReply(want, got any, lookup func(name string) (string, error)) (string, error) {
	want, err := expand(want, lookup)
	if err != nil {
		return "", err
	}
	want, got = inOrder(want), inOrder(got)
	return string(diff.Diff("want", showJSON(settle(want, got)), "got", showJSON(got))), nil
}

// inOrder is a reply with its errors in the order of their paths: fields are resolved side by side, and their
// errors come as they happen.
func inOrder(reply any) any {
	object, _ := reply.(map[string]any)
	list, _ := object["errors"].([]any)
	if len(list) < 2 {
		return reply
	}
	path := func(item any) string {
		member, _ := item.(map[string]any)
		return string(showJSON(member["path"]))
	}
	sorted := maps.Clone(object)
	sorted["errors"] = slices.SortedStableFunc(slices.Values(list), func(a, b any) int { return strings.Compare(path(a), path(b)) })
	return sorted
}

// expand puts the values of variables into all strings of a JSON value.
func expand(value any, lookup func(string) (string, error)) (_ any, err error) {
	switch value := value.(type) {
	case string:
		text := regexp.MustCompile(`\$\{\w+\}`).ReplaceAllStringFunc(value, func(reference string) string {
			found, lookupErr := lookup(reference[2 : len(reference)-1])
			err = errors.Join(err, lookupErr)
			return found
		})
		return text, err
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			if list[i], err = expand(item, lookup); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, member := range value {
			if object[name], err = expand(member, lookup); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return value, nil
}

// settle puts what was got in the place of every "*" that it satisfies.
func settle(want, got any) any {
	switch want := want.(type) {
	case string:
		if want == "*" && got != nil {
			return got
		}
	case []any:
		got, _ := got.([]any)
		list := make([]any, len(want))
		for i := range want {
			list[i] = want[i]
			if i < len(got) {
				list[i] = settle(want[i], got[i])
			}
		}
		return list
	case map[string]any:
		got, _ := got.(map[string]any)
		object := make(map[string]any, len(want))
		for name := range want {
			object[name] = want[name]
			if member, present := got[name]; present {
				object[name] = settle(want[name], member)
			}
		}
		return object
	}
	return want
}

// follow is what a path like data.products.nodes[0].id leads to in a JSON value. It is an error when it leads
// nowhere, or to null.
func follow(value any, path string) (any, error) {
	steps := strings.Split(strings.NewReplacer("[", ".", "]", "").Replace(path), ".")
	for i, step := range steps {
		switch container := value.(type) {
		case map[string]any:
			value = container[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(container) {
				return nil, fmt.Errorf("%s: a list of %d has no %q", strings.Join(steps[:i+1], "."), len(container), step)
			}
			value = container[n]
		}
		if value == nil {
			return nil, fmt.Errorf("%s is null or missing", strings.Join(steps[:i+1], "."))
		}
	}
	return value, nil
}

// codes are the codes that errors may have, and reasons the reasons.
var (
	codes = regexp.MustCompile(`^(UNAUTHENTICATED|FORBIDDEN|INVALID_CREDENTIALS|TOKEN_NOT_VALID|BAD_USER_INPUT|NOT_FOUND|RATE_LIMITED|` +
		`OPERATION_LIMIT_EXCEEDED|GRAPHQL_PARSE_FAILED|GRAPHQL_VALIDATION_FAILED|PERSISTED_QUERY_NOT_FOUND|INTERNAL_SERVER_ERROR)$`)
	reasons = regexp.MustCompile(`^(TOKEN_INVALID|TOKEN_EXPIRED|TOKEN_WRONG_TYPE|TOKEN_REVOKED|TOKEN_REUSED|SESSION_EXPIRED|` +
		`USER_NOT_FOUND|USER_INACTIVE|BAD_AUTHORIZATION_HEADER|NOT_AUTHENTICATED)$`)
)

// checkForm says what is wrong with the form of any GraphQL answer: it has no members but errors, data and
// extensions, errors are never empty, and every error has a message, a code of the contract and, just for the
// two codes that call for one, a reason.
func checkForm(reply any) error {
	object, ok := reply.(map[string]any)
	if !ok {
		return errors.New("a GraphQL answer is an object")
	}
	for name := range object {
		if name != "errors" && name != "data" && name != "extensions" {
			return fmt.Errorf("a GraphQL answer has no member %q", name)
		}
	}
	list, failed := object["errors"]
	if _, answered := object["data"]; !failed && !answered {
		return errors.New("a GraphQL answer has data or errors")
	}
	if !failed {
		return nil
	}
	all, _ := list.([]any)
	if len(all) == 0 {
		return errors.New("errors, when present, are a list that is not empty")
	}
	for _, item := range all {
		if err := checkError(item); err != nil {
			return err
		}
	}
	return nil
}

func checkError(item any) error {
	told, _ := item.(map[string]any)
	extensions, _ := told["extensions"].(map[string]any)
	message, _ := told["message"].(string)
	code, _ := extensions["code"].(string)
	reason, _ := extensions["reason"].(string)
	_, hasReason := extensions["reason"]
	switch wantReason := code == "UNAUTHENTICATED" || code == "TOKEN_NOT_VALID"; {
	case message == "":
		return fmt.Errorf("an error has no message: %v", item)
	case !codes.MatchString(code):
		return fmt.Errorf("an error has not a code of the contract, but %q: %v", code, item)
	case wantReason != hasReason, hasReason && !reasons.MatchString(reason):
		return fmt.Errorf("an error of code %s has the reason %q: %v", code, reason, item)
	}
	return nil
}

func TestCompareReply(t *testing.T) {
	lookup := func(name string) (string, error) {
		if name == "ID" {
			return "7", nil
		}
		return "", fmt.Errorf("no %s", name)
	}
	for _, test := range []struct {
		want, got string
		same      bool
	}{
		{`{"a": 1, "b": [true, null]}`, `{"b":[true,null],"a":1}`, true},
		{`{"a": "*", "b": ["*", {"c": "*"}]}`, `{"a":1,"b":[{},{"c":"x"}]}`, true},
		{`"<${ID}&${ID}>"`, `"<7&7>"`, true},
		{`"*"`, `null`, false},
		{`{"a": "*"}`, `{"a":null}`, false},
		{`{"a": "*"}`, `{}`, false},
		{`{}`, `{"a":null}`, false},
		{`{"a": null}`, `{}`, false},
		{`["*"]`, `[]`, false},
		{`["*"]`, `[1,2]`, false},
		{`["*"]`, `{"0":1}`, false},
		{`{"a": "*"}`, `["a"]`, false},
		{`{"a": {}}`, `{"a":[]}`, false},
		{`1`, `1.0`, false},
		{`"1"`, `1`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`""`, `null`, false},
	} {
		want, err := readJSON([]byte(test.want))
		if err != nil {
			t.Fatal(err)
		}
		got, err := readJSON([]byte(test.got))
		if err != nil {
			t.Fatal(err)
		}
		difference, err := compareReply(want, got, lookup)
		if err != nil || (difference == "") != test.same {
			t.Errorf("%s and %s: %v, %v; want the same: %v", test.want, test.got, difference, err, test.same)
		}
	}
	if _, err := compareReply("${UNKNOWN}", "", lookup); err == nil {
		t.Error("an unknown variable was not noticed")
	}
}

func TestFollow(t *testing.T) {
	value, err := readJSON([]byte(`{"data": {"list": [{"id": "x"}, null], "n": 10}}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"data.list[0].id": "x",
		"data.n":          json.Number("10"),
		"data.list[1]":    nil,
		"data.list[2]":    nil,
		"data.list[-1]":   nil,
		"data.nothing.id": nil,
		"nothing":         nil,
	} {
		got, err := follow(value, path)
		if got != want || (err == nil) != (want != nil) {
			t.Errorf("follow(%q) = %v, %v; want %v", path, got, err, want)
		}
	}
}

func TestCheckForm(t *testing.T) {
	for text, good := range map[string]bool{
		`{"data": null}`:                       true,
		`{"data": {"a": 1}, "extensions": {}}`: true,
		`{"errors": [{"message": "no", "extensions": {"code": "NOT_FOUND"}}]}`:                                  true,
		`{"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED", "reason": "TOKEN_INVALID"}}]}`: true,
		`{"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED", "reason": "OTHER"}}]}`:         false,
		`{"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]}`:                            false,
		`{"errors": [{"message": "no", "extensions": {"code": "NOT_FOUND", "reason": "TOKEN_INVALID"}}]}`:       false,
		`{"errors": [{"message": "no", "extensions": {"code": "OOPS"}}]}`:                                       false,
		`{"errors": [{"message": "no"}]}`:                     false,
		`{"errors": [{"extensions": {"code": "NOT_FOUND"}}]}`: false,
		`{"errors": []}`:               false,
		`{"data": {}, "errors": null}`: false,
		`{"data": {}, "meta": {}}`:     false,
		`{}`:                           false,
		`[]`:                           false,
	} {
		reply, err := readJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := checkForm(reply); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}
