// Command bench measures Gatehouse beside what it is to be compared with, on the same data and within one run: the floor, which
// is Go written by hand (./floor), and Mercurius, a fast GraphQL server for Node.js (./mercurius). `make bench` builds and runs
// it, from the repository's root, on Linux.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// enough rounds have a median that is worth keeping.
const enough = 5

// page is where the table is kept.
const page = "docs/performance.md"

func main() {
	rounds := flag.Int("rounds", enough, "how often everything is measured; fewer than 5 leave "+page+" as it is")
	long := flag.Duration("time", 3*time.Second, "how long each operation is asked of each server in a round, at least 1s")
	only := flag.String("only", "", "a regular expression of the operations' names: no others are measured, and "+page+" is left as it is")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *rounds, *long, *only); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, rounds int, long time.Duration, only string) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return err
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
	shop, err := furnish(ctx, dir)
	if err != nil {
		return fmt.Errorf("making a shop: %w", err)
	}
	servers, err := startAll(ctx, shop)
	defer func() { servers.stop() }()
	if err != nil {
		return err
	}
	b := bench{servers: servers, access: shop.access, rounds: rounds, long: long, wanted: wanted}
	if err := b.reads(ctx); err != nil {
		return err
	}
	if err := b.writes(ctx); err != nil {
		return err
	}
	text := b.table.markdown() + "\n" + machine(ctx, rounds, long)
	if _, err := io.WriteString(out, text); err != nil || rounds < enough || only != "" {
		return err
	}
	return keep(page, text)
}

// bench measures servers so often and so long.
type bench struct {
	servers servers
	access  string
	rounds  int
	long    time.Duration
	wanted  *regexp.Regexp // of names of operations
	table   table
}

// reads measures what changes nothing. The servers must agree before and after.
func (b *bench) reads(ctx context.Context) error {
	operations, err := operations(ctx, b.servers[0])
	if err != nil {
		return err
	}
	log.Print("comparing the servers' answers")
	if err := b.servers.agree(ctx, operations, b.access); err != nil {
		return err
	}
	for round := range b.rounds {
		for _, o := range operations {
			if !b.wanted.MatchString(o.Name) {
				continue
			}
			log.Printf("round %d of %d: %s", round+1, b.rounds, o.Name)
			for _, s := range b.servers {
				if !s.answers(o) {
					continue
				}
				ask := func(long time.Duration) (result, error) { return load(ctx, s, o, b.access, long) }
				if err := b.measure(s, o, ask); err != nil {
					return err
				}
			}
		}
	}
	if err := b.servers.agree(ctx, operations, b.access); err != nil {
		return fmt.Errorf("after the load: %w", err)
	}
	return nil
}

// writes measures what changes the shop.
func (b *bench) writes(ctx context.Context) error {
	s := b.servers[0]
	writes, err := s.writes(ctx)
	if err != nil {
		return err
	}
	for round := range b.rounds {
		for _, w := range writes {
			if !b.wanted.MatchString(w.Name) {
				continue
			}
			log.Printf("round %d of %d: %s", round+1, b.rounds, w.Name)
			ask := func(long time.Duration) (result, error) { return w.load(ctx, s, b.access, long) }
			if err := b.measure(s, w.Operation, ask); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) measure(s *server, o operation.Operation, ask asking) error {
	f, err := s.measure(ask, b.long)
	if err != nil {
		return fmt.Errorf("%s, %s: %w", s.name, o.Name, err)
	}
	b.table.add(o, s, f)
	return nil
}
