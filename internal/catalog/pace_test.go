//go:build !race

package catalog_test

// rounds is how many times rapid checks each property of lists: so many hundred questions are asked.
const rounds = 50
