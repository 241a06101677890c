package auth

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxUserAgent is how many bytes of a User-Agent are kept.
const maxUserAgent = 512

// Client is where a request came from, for the record.
type Client struct {
	IPAddress string // textual, without a port; empty when unknown
	UserAgent string // as the client calls itself, which may be anything; empty when it does not
}

type clientKey struct{}

// WithClient returns a context that knows where the request came from. Of the User-Agent it keeps what can be
// printed, so that it does no harm where people look at it, and at most 512 bytes of that.
func WithClient(ctx context.Context, c Client) context.Context {
	c.UserAgent = cut(printable(c.UserAgent))
	return context.WithValue(ctx, clientKey{}, c)
}

// ClientFromContext is where the request came from; the zero Client when nobody said.
func ClientFromContext(ctx context.Context) Client {
	c, _ := ctx.Value(clientKey{}).(Client)
	return c
}

// printable is a text without what is not UTF-8 and without characters that steer the terminal or page they are
// shown on: control characters, line ends of all kinds, changes of the direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
}

// cut keeps as much of a User-Agent as there is room for, and no half of a character.
func cut(agent string) string {
	if len(agent) <= maxUserAgent {
		return agent
	}
	end := maxUserAgent
	for !utf8.RuneStart(agent[end]) {
		end--
	}
	return agent[:end]
}
