package main

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// program is Gatehouse, a copy of what `make build` makes, as programs are installed: more of a file counts as resident
// as long as the linker's writing it is all that has brought it into memory.
const program = tools + "gatehouse"

const (
	products   = 10_000
	categories = 50
	password   = "plum-tangerine-42" // everybody's
	key        = "a key that signs only tokens of the benchmark"
)

// The lowest ids.
const (
	firstCategory = 2<<32 + 1
	firstProduct  = 3<<32 + 1
)

// shop is a database with products in it, and somebody who has signed in.
type shop struct {
	dir      string // for everything
	database string // its URL
	access   string // an access token of the keeper, who is staff
	copies   int
}

// sqlite is the URL of the database in that file, an absolute path.
func sqlite(file string) string { return "sqlite://" + file }

// environment is of Gatehouse on a database: as in production, but that no request is logged, which the others do not either, and
// that tokens last as long as a run.
func (s *shop) environment(database string) []string {
	return []string{
		"GATEHOUSE_ENV=production",
		"GATEHOUSE_ADDR=127.0.0.1:0",
		"GATEHOUSE_DATABASE_URL=" + database,
		"GATEHOUSE_SECRET_KEY=" + key,
		"GATEHOUSE_LOG_REQUESTS=false",
		"GATEHOUSE_ACCESS_TOKEN_LIFETIME=12h",
		"GATEHOUSE_SESSIONS_PER_USER=10000", // one user signs in all the time, and goes on to use the first session
		"GATEHOUSE_SUPERUSER_PASSWORD=" + password,
		"TMPDIR=" + s.dir,
	}
}

// furnish makes a shop of that many products, in an empty database, with Gatehouse's own commands.
func furnish(ctx context.Context, dir, database string, products int) (*shop, error) {
	s := &shop{dir: dir, database: database}
	for _, name := range []string{"keeper", "caller"} {
		if err := s.run(ctx, "createsuperuser", "--username", name, "--email", name+"@example.com"); err != nil {
			return nil, err
		}
	}
	if err := s.shelve(ctx); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "products.csv")
	if err := writeProducts(file, products); err != nil {
		return nil, err
	}
	return s, s.run(ctx, "import", file)
}

// run runs a command of the program on the shop.
func (s *shop) run(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = s.environment(s.database)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("gatehouse %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// copy makes a copy of the shop, which is in an SQLite file, and answers the copy's.
func (s *shop) copy(ctx context.Context) (file string, err error) {
	s.copies++
	file = filepath.Join(s.dir, fmt.Sprintf("copy-%d.db", s.copies))
	return file, s.run(ctx, "backup", file)
}

// shelve signs the keeper in and makes the categories.
func (s *shop) shelve(ctx context.Context) error {
	server, err := start(ctx, s.dir, s.gatehouse(gatehouse, s.database, everyCore(), anything))
	if err != nil {
		return err
	}
	defer server.stop()
	answer, err := server.ask(ctx, operation.Operation{
		Query:     operation.Obtain,
		Variables: operation.Variables{"username": "keeper", "password": password},
	}, "")
	if err != nil {
		return err
	}
	s.access, _ = answer["tokenObtain"].(map[string]any)["access"].(string)
	for i := range categories {
		_, err := server.ask(ctx, operation.Operation{
			Query:     `mutation ($name: String!, $slug: String!) { categoryCreate(input: {name: $name, slug: $slug}) { category { id } errors { message } } }`,
			Variables: operation.Variables{"name": fmt.Sprintf("Shelf %02d", i), "slug": shelf(i)},
			Signed:    true,
		}, s.access)
		if err != nil {
			return err
		}
	}
	return nil
}

// shelf is the slug of the category that the i-th product is in.
func shelf(i int) string { return fmt.Sprintf("shelf-%02d", i%categories) }
