// Package patch tells apart what an update leaves alone, clears and sets.
package patch

import "github.com/99designs/gqlgen/graphql"

// Field is one field of an update: absent (not IsSet), null (a nil Value) or a value. It is gqlgen's
// Omittable, so that generated code fills it in without a conversion.
type Field[T any] = graphql.Omittable[*T]

// Set is a field with a value.
func Set[T any](value T) Field[T] { return graphql.OmittableOf(&value) }

// Null is a field that is to be cleared.
func Null[T any]() Field[T] { return graphql.OmittableOf[*T](nil) }
