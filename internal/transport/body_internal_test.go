package transport

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// encoded is an answer as encoding/json writes it.
func encoded(t *testing.T, r response) (string, error) {
	t.Helper()
	var text bytes.Buffer
	err := json.NewEncoder(&text).Encode(r)
	return text.String(), err
}

// Answers are what they were when encoding/json wrote them, to the byte.
func TestBodyIsAsEncodingJSONWritesIt(t *testing.T) {
	errors := gqlerror.List{{Message: "a <b> & c", Extensions: map[string]any{"code": "X"}}}
	extensions := map[string]any{"cost": map[string]any{"b": 1, "a": "<&>"}}
	for _, data := range []string{
		``, `null`, `{}`, `{"a":1}`, " { \"a b\" :\t[ 1 , \"c \\\" d\" ]\r\n}\n", `{"a":"\\"}`, `{"a":"\\\" , "}`,
		`{"a":"<script>&amp;</script>"}`, `{"<":">"}`, "{\"a\":\"\u2028 \u2029 \u2027 \u202a € ’ 日本\"}", `{"a":"\u2028\u003c"}`,
		`{"a":[true,false,null,-1.5e+10]}`, `"text"`, `[ ]`,
	} {
		for _, r := range []response{
			{Data: json.RawMessage(data)},
			{Data: json.RawMessage(data), Errors: errors},
			{Data: json.RawMessage(data), Extensions: extensions},
			{Data: json.RawMessage(data), Errors: errors, Extensions: extensions},
		} {
			want, err := encoded(t, r)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.body(); err != nil || string(got) != want {
				t.Errorf("%s: %q, %v; want %q", data, got, err, want)
			}
		}
	}
	unwritable := map[string]any{"a": func() {}}
	for _, r := range []response{{Extensions: unwritable}, {Errors: gqlerror.List{{Extensions: unwritable}}}} {
		if text, err := r.body(); err == nil {
			t.Errorf("what is no JSON was written as %q", text)
		}
	}
}

func FuzzBody(f *testing.F) {
	for _, data := range []string{`{"a":"<&> \u2028"}`, `[1, 2 , {"a" : "b\" c"}]`, "\"\u2028\u2029\"", `"\\\\\""`, `null`} {
		f.Add([]byte(data))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !json.Valid(data) {
			return
		}
		r := response{Data: data}
		want, err := encoded(t, r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.body(); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	})
}
