//go:build race

package catalog_test

// rounds is a few under the race detector, where everything takes many times as long: what it looks for is found by any
// question.
const rounds = 10
