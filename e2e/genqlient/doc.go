// Package shop is a client of Gatehouse as genqlient makes it, and proves that one works. It is a module of its own, so that
// the server does not depend on the generator. generated.go is not committed: go generate writes it before every test.
package shop

//go:generate go run github.com/Khan/genqlient
