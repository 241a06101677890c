package config

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
	"github.com/spf13/pflag"
)

// Errors is everything that is wrong with the settings: never empty, in the order of [Settings], unknown variables last.
type Errors struct {
	Problems []Problem
}

// Error lists the problems, one a line.
func (e *Errors) Error() string {
	lines := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}

// Problem is one thing that is wrong with one variable.
type Problem struct {
	Variable string // its name
	Flag     string // its spelling on the command line, without the dashes; empty if it has none
	Message  string // what is wrong, with no more of the value than may be shown
}

// String is the problem on one line, under the variable's name.
func (p Problem) String() string {
	if p.Flag == "" {
		return p.Variable + ": " + p.Message
	}
	return p.Variable + " (--" + p.Flag + "): " + p.Message
}

// Load reads the settings from environ, which is as [os.Environ] gives it, with the flags laid over it that were given on
// the command line, and checks them. flags may be nil, and may hold flags that are not settings.
//
// A variable that is set but empty counts as not set. Of a variable that occurs twice the last counts, as in [os/exec]. A
// variable that begins with GATEHOUSE_ but is no setting is a problem, because a misspelled setting would otherwise be
// left out in silence; exempt are GATEHOUSE_SUPERUSER_PASSWORD, what begins with GATEHOUSE_TEST_ or GATEHOUSE_E2E_, and
// what Kubernetes sets for its services.
//
// The error is an *[Errors] that lists every problem. The settings returned with it are the zero value.
func Load(environ []string, flags *pflag.FlagSet) (Settings, error) {
	c := checker{given: map[string]string{}, fields: fields(), broken: map[string]bool{}}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok {
			c.given[name] = value
		}
	}
	c.unknown()
	if flags != nil {
		for _, f := range c.fields {
			if flag := flags.Lookup(f.Flag); flag != nil && flag.Changed {
				c.given[f.Name] = flag.Value.String()
			}
		}
	}
	if err := c.parse(); err != nil {
		return Settings{}, err
	}
	c.check()

	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b Problem) int {
			return cmp.Compare(c.position(a.Variable), c.position(b.Variable))
		})
		return Settings{}, &Errors{Problems: c.problems}
	}
	return c.settings, nil
}

// checker gathers the problems of one [Load].
type checker struct {
	given    map[string]string // the environment, flags laid over it
	fields   []field
	settings Settings
	problems []Problem
	broken   map[string]bool // variables with a problem
}

// parse fills the settings, leaving a problem for every value that is not of its field's type. An error other than that
// is a mistake in the declaration of [Settings].
func (c *checker) parse() error {
	known := make(map[string]string, len(c.fields)) // never nil: the parser would read the environment of the process
	for _, f := range c.fields {
		if value := c.given[f.Name]; value != "" {
			known[f.Name] = value
		}
	}
	err := env.ParseWithOptions(&c.settings, env.Options{
		Environment: known,
		FuncMap: map[reflect.Type]env.ParserFunc{
			reflect.TypeFor[bool]():          parseBool,
			reflect.TypeFor[time.Duration](): parseDuration,
			reflect.TypeFor[Size]():          parseSize,
		},
	})
	if err == nil {
		return nil
	}
	var all env.AggregateError
	if !errors.As(err, &all) {
		return fmt.Errorf("config: %w", err)
	}
	for _, err := range all.Errors {
		var failed env.ParseError
		if !errors.As(err, &failed) {
			return fmt.Errorf("config: %w", err)
		}
		f := c.fields[slices.IndexFunc(c.fields, func(f field) bool { return f.of.Name == failed.Name })]
		switch {
		case errors.Is(failed.Err, errNoUnit):
			c.problem(f.Name, "needs a unit, for example 5m (the units are ms, s, m and h), not %s", c.show(f.Name))
		case errors.Is(failed.Err, errNotDuration):
			c.problem(f.Name, "must be %s, written like 90s, 5m or 24h, not %s", f.wanted(), c.show(f.Name))
		default:
			c.problem(f.Name, "must be %s, not %s", f.wanted(), c.show(f.Name))
		}
	}
	return nil
}

func parseBool(text string) (any, error) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return nil, errors.New("not true or false")
}

// What may be wrong with a duration.
var (
	errNoUnit      = errors.New("a number without a unit")
	errNotDuration = errors.New("not a duration")
)

// parseDuration is [time.ParseDuration], except that 0 needs a unit like every other number.
func parseDuration(text string) (any, error) {
	if strings.Trim(text, "+-.0123456789") == "" {
		return nil, errNoUnit
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return nil, errNotDuration
	}
	return d, nil
}

// problem notes what is wrong with a variable.
func (c *checker) problem(variable, format string, args ...any) {
	p := Problem{Variable: variable, Message: fmt.Sprintf(format, args...)}
	if i := c.position(variable); i < len(c.fields) {
		p.Flag = c.fields[i].Flag
	}
	c.problems = append(c.problems, p)
	c.broken[variable] = true
}

// sound reports whether none of the variables has a problem so far.
func (c *checker) sound(variables ...string) bool {
	return !slices.ContainsFunc(variables, func(variable string) bool { return c.broken[variable] })
}

// position is where a variable stands in [Settings]: after all of them for one that does not.
func (c *checker) position(variable string) int {
	i := slices.IndexFunc(c.fields, func(f field) bool { return f.Name == variable })
	if i < 0 {
		return len(c.fields)
	}
	return i
}

// show is a variable's value as a problem may print it: quoted, and not at length. It must not be used for a variable
// that may hold a secret or a password.
func (c *checker) show(variable string) string {
	value := c.given[variable]
	if value == "" {
		value = c.fields[c.position(variable)].Default
	}
	return show(value)
}

func show(value string) string {
	if runes := []rune(value); len(runes) > 80 {
		return fmt.Sprintf("%q…", string(runes[:80]))
	}
	return fmt.Sprintf("%q", value)
}
