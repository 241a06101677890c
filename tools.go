//go:build tools

// Package main pins the code generators: importing them here keeps their versions in go.mod, so that
// `go generate ./...` makes the same code on every machine.
package main

import (
	_ "entgo.io/ent/entc"
	_ "entgo.io/ent/entc/gen"
	_ "github.com/99designs/gqlgen"
)
