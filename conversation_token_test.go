package main

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// splitToken is the header and the claims of a token, whoever signed it, and its signature as it is written.
func splitToken(token string) (header, claims map[string]any, signature string, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil, "", fmt.Errorf("a token has three parts, not %d", len(parts))
	}
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, nil, "", err
		}
		value, err := readJSON(text)
		if err != nil {
			return nil, nil, "", err
		}
		object, ok := value.(map[string]any)
		if !ok {
			return nil, nil, "", fmt.Errorf("part %d of the token is not a JSON object", i+1)
		}
		*into = object
	}
	return header, claims, parts[2], nil
}

// decode makes the contents of a token the last answer.
func (c *conversation) decode(args []string) {
	if len(args) != 1 {
		c.Fatalf("usage: decode TOKEN")
	}
	header, claims, _, err := splitToken(c.variable(args[0]))
	c.Check(err)
	c.reply = map[string]any{"header": header, "claims": claims}
	c.last = answer{body: showJSON(c.reply)}
	_, _ = c.Stdout().Write(c.indented())
}

// forge makes a token like another, with other claims (claim=value, where null leaves the claim out) or another
// header (header.name=value), signed with the server's key or another.
func (c *conversation) forge(args []string) {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	algorithm := flags.String("alg", "HS256", "")
	key := flags.String("key", c.Getenv("GATEHOUSE_SECRET_KEY"), "")
	stale := flags.Bool("stale", false, "") // keep the signature of the other token
	if err := flags.Parse(args); err != nil || flags.NArg() < 2 {
		c.Fatalf("usage: forge [-alg ALGORITHM] [-key KEY] [-stale] NAME TOKEN [claim=value ...]: %v", err)
	}
	header, claims, signature, err := splitToken(c.variable(flags.Arg(1)))
	c.Check(err)
	header["alg"] = *algorithm
	for _, arg := range flags.Args()[2:] {
		name, value, _ := strings.Cut(arg, "=")
		into := claims
		if rest, ok := strings.CutPrefix(name, "header."); ok {
			name, into = rest, header
		}
		if into[name] = jsonOr(value); value == "null" {
			delete(into, name)
		}
	}
	forged := segment(header) + "." + segment(claims)
	if !*stale {
		signature = c.sign(forged, *algorithm, *key)
	}
	c.Setenv(flags.Arg(0), forged+"."+signature)
}

func (c *conversation) sign(text, algorithm, key string) string {
	method := jwt.GetSigningMethod(algorithm)
	if algorithm == "none" {
		return ""
	}
	if method == nil || key == "" {
		c.Fatalf("signing by %s needs a key", algorithm)
	}
	signature, err := method.Sign(text, []byte(key))
	c.Check(err)
	return base64.RawURLEncoding.EncodeToString(signature)
}

func segment(object map[string]any) string {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err) // it was JSON before
	}
	return base64.RawURLEncoding.EncodeToString(text)
}
