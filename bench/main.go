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
	"syscall"
	"time"
)

// enough rounds have a median that is worth keeping.
const enough = 5

// page is where the table is kept.
const page = "docs/performance.md"

func main() {
	rounds := flag.Int("rounds", enough, "how often everything is measured; fewer than 5 leave "+page+" as it is")
	long := flag.Duration("time", 3*time.Second, "how long each operation is asked of each server in a round, at least 1s")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, *rounds, *long); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, rounds int, long time.Duration) error {
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
	defer servers.stop()
	if err != nil {
		return err
	}
	operations, err := operations(ctx, servers[0])
	if err != nil {
		return err
	}
	log.Print("comparing the servers' answers")
	if err := servers.agree(ctx, operations, shop.access); err != nil {
		return err
	}
	var t table
	for round := range rounds {
		for _, o := range operations {
			log.Printf("round %d of %d: %s", round+1, rounds, o.Name)
			for _, s := range servers {
				if !s.answers(o) {
					continue
				}
				f, err := measure(ctx, s, o, shop.access, long)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", s.name, o.Name, err)
				}
				t.add(o, s, f)
			}
		}
	}
	if err := servers.agree(ctx, operations, shop.access); err != nil {
		return fmt.Errorf("after the load: %w", err)
	}
	text := t.markdown() + "\n" + machine(ctx, rounds, long)
	if _, err := io.WriteString(out, text); err != nil || rounds < enough {
		return err
	}
	return keep(page, text)
}
