package compiled

import (
	"context"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/page"
)

// writer writes one answer.
type writer struct {
	ctx      context.Context
	compiler *Compiler
	field    *graphql.FieldContext // the root's
	to       []byte
	calls    []map[string]any // the arguments of fields, as far as they were read
}

// Call is how a field with arguments is asked for.
type Call struct {
	Args     map[string]any // by name, of the types of the resolver's parameters
	Place    string         // where in the client's query the field stands: in one place it is asked for in one way
	Selected page.Fields
}

// object writes an object by steps.
func (w *writer) object(steps []step, of any) error {
	w.to = append(w.to, '{')
	for i := range steps {
		s := &steps[i]
		if i > 0 {
			w.to = append(w.to, ',')
		}
		w.to = append(w.to, s.key...)
		if err := s.write(w, s, of); err != nil {
			return err
		}
	}
	w.to = append(w.to, '}')
	return nil
}

// value writes what a field answers, which is an object.
func (w *writer) value(s *step, value any) error {
	if s.types == nil {
		return w.object(s.below, value)
	}
	steps, known := s.types[w.compiler.TypeOf(value)]
	if !known {
		return errNot
	}
	return w.object(steps, value)
}

func (w *writer) null(s *step) error {
	if s.nonNull {
		return errNot
	}
	w.to = append(w.to, "null"...)
	return nil
}

// call is how a field with arguments is asked for.
func (w *writer) call(s *step) (Call, error) {
	args := w.calls[s.called.number]
	if args == nil {
		fc := w.field
		// What is wrong with an argument is told by who reads it next: here it must not be.
		ctx := graphql.WithResponseContext(w.ctx, func(_ context.Context, err error) *gqlerror.Error { return gqlerror.Wrap(err) }, graphql.DefaultRecover)
		for _, field := range s.called.way {
			var err error
			if fc, err = fc.Child(ctx, field); err != nil {
				return Call{}, errNot
			}
		}
		if args = fc.Args; args == nil {
			return Call{}, errNot
		}
		w.calls[s.called.number] = args
	}
	return Call{Args: args, Place: s.called.place, Selected: s.called.selected}, nil
}

// constant writes a name, whatever the object.
func constant(name string) func(*writer, *step, any) error {
	text := string(appendText(nil, name))
	return func(w *writer, _ *step, _ any) error {
		w.to = append(w.to, text...)
		return nil
	}
}

// leaf is a field that is no object. Its appender gets the value and appends it as JSON.
func leaf[T, V any](get func(T) V, appender func([]byte, V) []byte) Field {
	return Field{write: func(w *writer, _ *step, of any) error {
		w.to = appender(w.to, get(of.(T)))
		return nil
	}}
}

// leafIfAny is a leaf that may be null.
func leafIfAny[T, V any](get func(T) *V, appender func([]byte, V) []byte) Field {
	return Field{write: func(w *writer, s *step, of any) error {
		value := get(of.(T))
		if value == nil {
			return w.null(s)
		}
		w.to = appender(w.to, *value)
		return nil
	}}
}

// Text is a String.
func Text[T any](get func(T) string) Field { return leaf(get, appendText) }

// TextIfAny is a String or null.
func TextIfAny[T any](get func(T) *string) Field { return leafIfAny(get, appendText) }

// Name is an enum.
func Name[T any, E ~string](get func(T) E) Field {
	return leaf(func(of T) string { return string(get(of)) }, appendText)
}

// NameIfAny is an enum or null. Marshal is how the enum is spelled.
func NameIfAny[T any, E any](get func(T) *E, marshal func(E) string) Field {
	return leafIfAny(get, func(to []byte, value E) []byte { return appendText(to, marshal(value)) })
}

// ID is an ID.
func ID[T any](get func(T) int64) Field { return leaf(get, appendID) }

// IDIfAny is an ID or null.
func IDIfAny[T any](get func(T) *int64) Field { return leafIfAny(get, appendID) }

// Int is an Int.
func Int[T any](get func(T) int) Field { return leaf(get, appendInt) }

// Bool is a Boolean.
func Bool[T any](get func(T) bool) Field { return leaf(get, strconv.AppendBool) }

// BoolFor is a Boolean that depends on who asks.
func BoolFor[T any](get func(context.Context, T) (bool, error)) Field {
	return Field{write: func(w *writer, _ *step, of any) error {
		value, err := get(w.ctx, of.(T))
		w.to = strconv.AppendBool(w.to, value)
		return err
	}}
}

// Price is a Decimal.
func Price[T any](get func(T) money.Amount) Field { return leaf(get, appendAmount) }

// Moment is a DateTime.
func Moment[T any](get func(T) time.Time) Field { return leaf(get, appendMoment) }

// MomentIfAny is a DateTime or null.
func MomentIfAny[T any](get func(T) *time.Time) Field { return leafIfAny(get, appendMoment) }

// Texts is a list of Strings.
func Texts[T any](get func(T) []string) Field {
	return leaf(get, func(to []byte, texts []string) []byte {
		to = append(to, '[')
		for i, text := range texts {
			if i > 0 {
				to = append(to, ',')
			}
			to = appendText(to, text)
		}
		return append(to, ']')
	})
}

// Object is an object, or null.
func Object[T, V any](get func(T) *V) Field {
	return ObjectFor(func(_ context.Context, of T) (*V, error) { return get(of), nil })
}

// ObjectFor is an object, or null, that depends on who asks, or may be in error.
func ObjectFor[T, V any](get func(context.Context, T) (*V, error)) Field {
	return Field{write: func(w *writer, s *step, of any) error {
		value, err := get(w.ctx, of.(T))
		switch {
		case err != nil:
			return err
		case value == nil:
			return w.null(s)
		}
		return w.value(s, value)
	}}
}

// Called is an object, or null, that depends on arguments.
func Called[T, V any](get func(context.Context, T, Call) (*V, error)) Field {
	return Field{write: func(w *writer, s *step, of any) error {
		call, err := w.call(s)
		if err != nil {
			return err
		}
		value, err := get(w.ctx, of.(T), call)
		switch {
		case err != nil:
			return err
		case value == nil:
			return w.null(s)
		}
		return w.value(s, value)
	}}
}

// Objects is a list of objects, none of them null.
func Objects[T, V any](get func(T) []*V) Field {
	return ObjectsFor(func(_ context.Context, of T) ([]*V, error) { return get(of), nil })
}

// ObjectsFor is a list of objects, none of them null, that may be in error.
func ObjectsFor[T, V any](get func(context.Context, T) ([]*V, error)) Field {
	return list(get, func(v *V) bool { return v == nil }, false)
}

// ObjectsCalled is a list of objects, none of them null, that depends on arguments.
func ObjectsCalled[T, V any](get func(T, Call) []*V) Field {
	return Field{write: func(w *writer, s *step, of any) error {
		call, err := w.call(s)
		if err != nil {
			return err
		}
		return Objects(func(of T) []*V { return get(of, call) }).write(w, s, of)
	}}
}

// Answer is an object that the field of a root type answers itself.
func Answer[V any]() Field { return Object(func(v *V) *V { return v }) }

// Answers is a list of objects that the field of a root type answers itself.
func Answers[V any]() Field { return Objects(func(all []*V) []*V { return all }) }

// Any is something of an interface's type that the field of a root type answers itself.
func Any() Field {
	return Field{write: func(w *writer, s *step, of any) error { return w.value(s, of) }}
}

// Anything is a list of such things, or null for some, that the field of a root type answers itself.
func Anything[I comparable]() Field {
	var null I
	return list(func(_ context.Context, all []I) ([]I, error) { return all, nil }, func(v I) bool { return v == null }, true)
}

// list writes a list of objects. Some may be null only if the schema says so.
func list[T, V any](get func(context.Context, T) ([]V, error), isNull func(V) bool, nulls bool) Field {
	return Field{write: func(w *writer, s *step, of any) error {
		values, err := get(w.ctx, of.(T))
		if err != nil {
			return err
		}
		if values == nil && !s.nonNull {
			return w.null(s)
		}
		w.to = append(w.to, '[')
		for i, value := range values {
			if i > 0 {
				w.to = append(w.to, ',')
			}
			switch {
			case !isNull(value):
				err = w.value(s, value)
			case nulls:
				w.to = append(w.to, "null"...)
			default:
				err = errNot
			}
			if err != nil {
				return err
			}
		}
		w.to = append(w.to, ']')
		return nil
	}}
}
