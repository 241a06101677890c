// Package batch finds what is asked of rows that were loaded together for all of them at once, when it is first asked
// of one.
package batch

import "sync"

// Group is rows that were loaded together, and what was found for them. Many goroutines may use it at once.
type Group[T any] struct {
	rows []T

	mu    sync.Mutex
	found map[string]any // func() (V, error) by question
}

// New is a group of rows for which nothing has been found yet.
func New[T any](rows []T) *Group[T] {
	return &Group[T]{rows: rows, found: make(map[string]any)}
}

// Once answers what find has found for all rows of the group. Find runs once for each question, for whoever asks it
// first; everybody else waits for its answer, error or not, and gets the same. What is found must always be of the
// same type for the same question.
func Once[T, V any](g *Group[T], question string, find func(rows []T) (V, error)) (V, error) {
	g.mu.Lock()
	answer, asked := g.found[question].(func() (V, error))
	if !asked {
		answer = sync.OnceValues(func() (V, error) { return find(g.rows) })
		g.found[question] = answer
	}
	g.mu.Unlock()
	return answer()
}
