package databasetest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/gatehouse/gatehouse/internal/database"
)

var placeholder = regexp.MustCompile(`\$\d+`)

// Trace has trace called with the text of every statement before it runs, and of every transaction's beginning and end.
// The text is as on SQLite, whatever the database.
func Trace(trace func(ctx context.Context, text string)) database.Option {
	return database.WithTrace(func(ctx context.Context, line ...any) {
		text := strings.Replace(fmt.Sprint(line...), "driver.BeginTx", "driver.Tx", 1)
		statement, args, _ := strings.Cut(text, " args=[")
		if strings.Contains(statement, `"`) {
			statement = placeholder.ReplaceAllString(strings.ReplaceAll(statement, `"`, "`"), "?")
		}
		if args != "" {
			statement += " args=[" + args
		}
		trace(ctx, statement)
	})
}
