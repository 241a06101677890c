// Command bench measures Gatehouse beside what it is to be compared with, on the same data and within one run: the floor, which
// is Go written by hand (./floor), Mercurius, a fast GraphQL server for Node.js (./mercurius), and Django's SimpleJWT
// (./simplejwt). `make bench` builds and runs it, from the repository's root, on Linux.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// enough rounds have a median that is worth keeping.
const enough = 5

// page is where the figures are kept.
const page = "docs/performance.md"

// options are what a run is asked for.
type options struct {
	rounds   int
	long     time.Duration
	only     string
	growth   bool
	postgres string
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", enough, "how often everything is measured; fewer than 5 leave "+page+" as it is")
	flag.DurationVar(&o.long, "time", 3*time.Second, "how long each operation is asked of each server in a round, at least 1s")
	flag.StringVar(&o.only, "only", "", "a regular expression of the operations' names: no others are measured, and "+page+" is left as it is")
	flag.BoolVar(&o.growth, "growth", false, "measure a shop of 1,000,000 products as well, which is made once and kept in "+kept)
	flag.StringVar(&o.postgres, "postgres", "", "the URL of a PostgreSQL server on which a database may be made: reads are measured there as well")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, o); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, o options) error {
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	if o.long < warm {
		return fmt.Errorf("-time %v is less than %v", o.long, warm)
	}
	if err := settle(ctx, askersCore); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	log.Print("making a shop")
	shop, err := furnish(ctx, dir, sqlite(filepath.Join(dir, "original.db")), products)
	if err != nil {
		return fmt.Errorf("making a shop: %w", err)
	}
	b := bench{rounds: o.rounds, long: o.long, wanted: wanted}
	if err := b.all(ctx, shop, o); err != nil {
		return err
	}
	text := b.measured.markdown(machine(ctx, o.rounds, o.long))
	if _, err := io.WriteString(out, text); err != nil || o.rounds < enough || o.only != "" {
		return err
	}
	return keep(page, text)
}

// all measures everything.
func (b *bench) all(ctx context.Context, s *shop, o options) (err error) {
	var stages []stage
	defer func() {
		for _, st := range stages {
			err = errors.Join(err, st.end())
		}
	}()
	st, err := sqliteStage(ctx, s)
	stages = append(stages, st)
	if err != nil {
		return err
	}
	if o.growth {
		st, err := largeStage(ctx, s.dir)
		stages = append(stages, st)
		if err != nil {
			return err
		}
	}
	if o.postgres != "" {
		log.Print("making a shop on PostgreSQL")
		st, err := postgresStage(ctx, s.dir, o.postgres)
		stages = append(stages, st)
		if err != nil {
			return err
		}
	}
	log.Print("comparing the servers' answers")
	if err := b.reads(ctx, stages); err != nil {
		return err
	}
	if err := b.writes(ctx, s.dir, stages[0]); err != nil {
		return err
	}
	return b.scenarios(ctx, s)
}
