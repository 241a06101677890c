package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// program is Gatehouse, as `make build` leaves it.
const program = "bin/gatehouse"

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
	dir    string
	access string // an access token
}

// environment is of Gatehouse on a database of this name: as in production, but that no request is logged, which the others do
// not either, and that tokens last as long as a run.
func (s shop) environment(database string) []string {
	return []string{
		"GATEHOUSE_ENV=production",
		"GATEHOUSE_ADDR=127.0.0.1:0",
		"GATEHOUSE_DATABASE_URL=sqlite://" + s.file(database),
		"GATEHOUSE_SECRET_KEY=" + key,
		"GATEHOUSE_LOG_REQUESTS=false",
		"GATEHOUSE_ACCESS_TOKEN_LIFETIME=12h",
		"GATEHOUSE_SUPERUSER_PASSWORD=" + password,
		"TMPDIR=" + s.dir,
	}
}

// file is the absolute path of the database of this name.
func (s shop) file(database string) string { return filepath.Join(s.dir, database+".db") }

// original is the database that all others are copies of.
const original = "original"

// furnish makes the shop with Gatehouse's own commands.
func furnish(ctx context.Context, dir string) (*shop, error) {
	s := &shop{dir: dir}
	if err := s.gatehouse(ctx, "createsuperuser", "--username", "keeper", "--email", "keeper@example.com"); err != nil {
		return nil, err
	}
	if err := s.gatehouse(ctx, "createsuperuser", "--username", "caller", "--email", "caller@example.com"); err != nil {
		return nil, err
	}
	if err := s.shelve(ctx); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "products.csv")
	if err := writeProducts(file); err != nil {
		return nil, err
	}
	return s, s.gatehouse(ctx, "import", file)
}

// gatehouse runs a command of the program on the original.
func (s *shop) gatehouse(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, program, args...)
	command.Env = s.environment(original)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("gatehouse %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// shelve signs the keeper in and makes the categories.
func (s *shop) shelve(ctx context.Context) error {
	server, err := start(ctx, s, original, program)
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

// writeProducts writes what is imported: always the same.
func writeProducts(path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	materials := []string{"Walnut", "Copper", "Linen", "Slate", "Willow", "Enamel", "Felt", "Brass", "Cork", "Beech"}
	things := []string{"kettle", "stool", "lamp", "basket", "bowl", "shelf", "clock", "tray", "bench", "jug"}
	w := csv.NewWriter(file)
	_ = w.Write([]string{"sku", "name", "price", "category", "description", "stock"}) // Error tells
	for i := range products {
		material, thing := materials[i%10], things[i/10%10]
		_ = w.Write([]string{
			fmt.Sprintf("B-%05d", i),
			fmt.Sprintf("%s %s no. %05d", material, thing, i),
			fmt.Sprintf("%d.%02d", 1+i*7919%500, i*31%100),
			shelf(i * 7),
			fmt.Sprintf("A %s made of %s by hand, with care, in a small workshop. It is number %d of its kind, and comes in a box.", thing, material, i),
			strconv.Itoa(i % 40),
		})
	}
	w.Flush()
	return w.Error()
}

// operations are what is measured, in this order. The server is asked where far pages begin.
func operations(ctx context.Context, s *server) ([]operation.Operation, error) {
	var far [2]operation.Variables
	for i, list := range []string{
		`products(first: 1, offset: 8999)`,
		`products(first: 1, offset: 6999, where: {price: {gte: "100.00"}, inStock: true}, orderBy: [{field: PRICE, direction: DESC}])`,
	} {
		answer, err := s.ask(ctx, operation.Operation{Query: `{ ` + list + ` { edges { cursor } } }`}, "")
		if err != nil {
			return nil, fmt.Errorf("looking for a far page: %w", err)
		}
		edges, _ := answer["products"].(map[string]any)["edges"].([]any)
		if len(edges) != 1 {
			return nil, fmt.Errorf("looking for a far page: %s has %d edges", list, len(edges))
		}
		far[i] = operation.Variables{"after": edges[0].(map[string]any)["cursor"]}
	}
	return []operation.Operation{
		{Name: "products, 10", Query: operation.Products10},
		{Name: "products, 100", Query: operation.Products100},
		{Name: "products, 10, with totalCount", Query: operation.TotalCount},
		{Name: "product by id", Query: operation.Product, Variables: operation.Variables{"id": strconv.Itoa(firstProduct + products/2)}},
		{Name: "10 categories × 3 products", Query: operation.Nested},
		{Name: "me", Query: operation.Me, Signed: true},
		{Name: "products, 10, after 9,000", Query: operation.After, Variables: far[0], OwnOnly: true},
		{Name: "filtered, by price, after 7,000", Query: operation.Filtered, Variables: far[1], OwnOnly: true},
		{Name: "search, 10", Query: operation.Search, OwnOnly: true},
	}, nil
}
