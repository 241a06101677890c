// Package ent is the database as Go code: ent writes it from the schemas in ent/schema.
//
// Everything here but this file, entc.go and the templates is generated; change ent/schema and run
// `go generate ./ent`.
package ent

//go:generate go run -mod=mod entc.go
