package main

import "github.com/montanaflynn/stats"

// table has the figures of all rounds, in the order in which rows were first added.
type table[F any] struct{ rows []*row[F] }

// row is of one thing that is measured, such as an operation, and a server.
type row[F any] struct {
	name, server string
	rounds       []F
}

func (t *table[F]) add(name, server string, f F) {
	r := t.find(name, server)
	if r == nil {
		r = &row[F]{name: name, server: server}
		t.rows = append(t.rows, r)
	}
	r.rounds = append(r.rounds, f)
}

// find is the row, or nil.
func (t *table[F]) find(name, server string) *row[F] {
	for _, r := range t.rows {
		if r.name == name && r.server == server {
			return r
		}
	}
	return nil
}

// median of one of the figures; NaN for no row.
func (r *row[F]) median(of func(F) float64) float64 {
	m, _ := stats.Median(r.all(of)) // the error is that there are none, and then it is NaN
	return m
}

// sum of one of the figures over all rounds; NaN for no row.
func (r *row[F]) sum(of func(F) float64) float64 {
	s, _ := stats.Sum(r.all(of)) // as above
	return s
}

func (r *row[F]) all(of func(F) float64) (all stats.Float64Data) {
	if r != nil {
		for _, f := range r.rounds {
			all = append(all, of(f))
		}
	}
	return all
}

// The figures that are held against each other.
func cpu(f figures) float64    { return f.cpu }
func rate(f figures) float64   { return f.rate }
func p50(f figures) float64    { return f.p50 }
func p99(f figures) float64    { return f.p99 }
func memory(f figures) float64 { return f.memory }
