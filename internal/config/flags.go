package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// prefix begins the name of every variable.
const prefix = "GATEHOUSE_"

// Variable describes one setting for documentation.
type Variable struct {
	Name    string // of the environment variable
	Flag    string // its spelling on the command line, without the dashes; empty if it has none
	Default string // as it would be written; empty: none
	Help    string // what it is for and what it may be: one line of plain text, no full stop
}

// Variables describes every setting, in the order of [Settings].
func Variables() []Variable {
	all := fields()
	variables := make([]Variable, len(all))
	for i, f := range all {
		variables[i] = f.Variable
	}
	return variables
}

// AddFlags declares on flags a flag for every setting, except those that are secret: the arguments of a process are
// there for all to see. A flag that is given overrides its variable; [Load] reads and checks both alike, so any text may
// be given here. A flag given as empty means the default.
func AddFlags(flags *pflag.FlagSet) {
	for _, f := range fields() {
		if f.Flag == "" {
			continue
		}
		flag := flags.VarPF(&flagValue{text: f.Default, kind: f.placeholder()}, f.Flag, "", f.Help+" ["+f.Name+"]")
		if f.of.Type.Kind() == reflect.Bool {
			flag.NoOptDefVal = "true"
		}
	}
}

// flagValue is a [pflag.Value] that takes any text; kind is what --help shows for it.
type flagValue struct{ text, kind string }

func (v *flagValue) String() string { return v.text }

func (v *flagValue) Type() string { return v.kind }

func (v *flagValue) Set(text string) error {
	v.text = text
	return nil
}

// field is one field of [Settings] and what its tags say.
type field struct {
	Variable
	of reflect.StructField
}

func fields() []field {
	settings := reflect.TypeFor[Settings]()
	all := make([]field, 0, settings.NumField())
	for of := range settings.Fields() {
		f := field{of: of, Variable: Variable{
			Name:    of.Tag.Get("env"),
			Default: of.Tag.Get("envDefault"),
			Help:    of.Tag.Get("help"),
		}}
		if of.Tag.Get("flag") != "-" {
			f.Flag = strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(f.Name, prefix), "_", "-"))
		}
		if limits := strings.TrimPrefix(f.limits(), "of "); limits != "" {
			f.Help += " (" + limits + ")"
		}
		all = append(all, f)
	}
	return all
}

// isDuration reports whether the field is a length of time rather than a plain number.
func (f field) isDuration() bool { return f.of.Type == reflect.TypeFor[time.Duration]() }

// placeholder is what --help shows for the flag's value.
func (f field) placeholder() string {
	switch kind := f.of.Type.Kind(); {
	case f.isDuration():
		return "duration"
	case f.of.Type == reflect.TypeFor[Size]():
		return "size"
	case kind == reflect.Bool:
		return "bool"
	case kind == reflect.Slice:
		return "list"
	case f.of.Tag.Get("oneof") != "":
		return f.of.Tag.Get("oneof")
	case kind == reflect.String:
		return "text"
	default:
		return "number"
	}
}

// wanted says in words which values the field takes.
func (f field) wanted() string {
	switch f.placeholder() {
	case "bool":
		return "true or false (or 1 or 0, yes or no, on or off)"
	case "duration":
		return strings.TrimSpace("a duration " + f.limits())
	case "size":
		return wantedSize
	case "number":
		return strings.TrimSpace("a whole number " + f.limits())
	default:
		return f.limits()
	}
}

// limits says in words what the tags demand of the value; empty: nothing.
func (f field) limits() string {
	tag := f.of.Tag
	var limits string
	switch minimum, above, maximum := tag.Get("min"), tag.Get("above"), tag.Get("max"); {
	case tag.Get("oneof") != "":
		choices := strings.Split(tag.Get("oneof"), "|")
		last := len(choices) - 1
		return strings.Join(choices[:last], ", ") + " or " + choices[last]
	case minimum != "" && maximum != "":
		limits = "from " + minimum + " to " + maximum
	case above != "" && maximum != "":
		limits = "of more than " + above + " and at most " + maximum
	case minimum != "":
		limits = "of at least " + minimum
	}
	if whole := tag.Get("whole"); whole != "" {
		limits += ", in whole " + whole
	}
	return limits
}

// admits reports whether a value of the field is within what the tags demand.
func (f field) admits(value reflect.Value) bool {
	if oneof, ok := f.of.Tag.Lookup("oneof"); ok {
		for choice := range strings.SplitSeq(oneof, "|") {
			if value.String() == choice {
				return true
			}
		}
		return false
	}

	var number int64
	switch {
	case value.CanInt():
		number = value.Int()
	case value.CanUint():
		number = int64(value.Uint()) // no setting is wider than 32 bits unsigned
	default:
		return true
	}
	if limit, ok := f.limit("min"); ok && number < limit {
		return false
	}
	if limit, ok := f.limit("above"); ok && number <= limit {
		return false
	}
	if limit, ok := f.limit("max"); ok && number > limit {
		return false
	}
	return f.of.Tag.Get("whole") != "seconds" || number%int64(time.Second) == 0
}

// limit is the number that a tag of the field gives, if the field has that tag.
func (f field) limit(tag string) (int64, bool) {
	text, ok := f.of.Tag.Lookup(tag)
	if !ok {
		return 0, false
	}
	if f.isDuration() {
		limit, err := time.ParseDuration(text)
		if err != nil {
			panic(fmt.Sprintf("config: tag %s of %s: %v", tag, f.of.Name, err))
		}
		return int64(limit), true
	}
	limit, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(fmt.Sprintf("config: tag %s of %s: %v", tag, f.of.Name, err))
	}
	return limit, true
}
