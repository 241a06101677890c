package compiled

import (
	"strconv"
	"time"

	"github.com/gatehouse/gatehouse/graph/scalar"
	"github.com/gatehouse/gatehouse/internal/money"
)

const hex = "0123456789ABCDEF"

// appendText appends a text as a JSON string, in the very bytes that gqlgen writes.
func appendText(to []byte, text string) []byte {
	to = append(to, '"')
	start := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 0x20 && c != '\\' && c != '"' {
			continue
		}
		to = append(to, text[start:i]...)
		switch c {
		case '\t':
			to = append(to, '\\', 't')
		case '\r':
			to = append(to, '\\', 'r')
		case '\n':
			to = append(to, '\\', 'n')
		case '\\', '"':
			to = append(to, '\\', c)
		default:
			to = append(to, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		start = i + 1
	}
	to = append(to, text[start:]...)
	return append(to, '"')
}

func appendID(to []byte, id int64) []byte {
	to = append(to, '"')
	to = strconv.AppendInt(to, id, 10)
	return append(to, '"')
}

func appendInt(to []byte, n int) []byte { return strconv.AppendInt(to, int64(n), 10) }

func appendAmount(to []byte, a money.Amount) []byte {
	to = append(to, '"')
	to = a.AppendTo(to)
	return append(to, '"')
}

func appendMoment(to []byte, t time.Time) []byte {
	to = append(to, '"')
	to = scalar.AppendDateTime(to, t)
	return append(to, '"')
}
