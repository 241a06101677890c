//go:build attack

package attack

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	capacityCategories = 50
	capacityProducts   = 10_000
	capacityShoppers   = 4 // each with a connection of its own, and one request at a time
)

// TestCapacity prints what an operation of each class costs, for CAPACITY_TIME (5s) each, and what a WebSocket does: the figures of
// "Capacity" in docs/operations.md. It does so on SQLite and, when GATEHOUSE_TEST_POSTGRES_URL names a server of PostgreSQL, on that.
// It fails when a request does, and judges no figure. The clients are on the same machine, so what to count with is the CPU time
// of the program, which is the same on a busy machine, and not the requests a second, which are not.
func TestCapacity(t *testing.T) {
	long := duration(t, "CAPACITY_TIME", 5*time.Second)
	fmt.Println(machine())
	t.Run("SQLite", func(t *testing.T) { measureCapacity(t, long, nil) })
	if url := os.Getenv("GATEHOUSE_TEST_POSTGRES_URL"); url != "" {
		t.Run("PostgreSQL", func(t *testing.T) { measureCapacity(t, long, newPostgres(t, url)) })
	}
}

// measureCapacity prints the figures for one database; nil is SQLite.
func measureCapacity(t *testing.T, long time.Duration, db *postgres) {
	settings := []string{"GATEHOUSE_ACCESS_TOKEN_LIFETIME=1h"} // longer than anybody measures
	if db != nil {
		settings = append(settings, "GATEHOUSE_DATABASE_URL="+db.url)
	}
	t.Run("Operations", func(t *testing.T) { // at whose end its server stops
		s := start(t, settings...)
		s.stock(t)
		fmt.Printf("\n%s, %d products, %d clients with a connection each, %v for each operation:\n\n", describe(t, db), capacityProducts, capacityShoppers, long)
		fmt.Println("| Operation | a second | CPU of gatehouse, µs | CPU of PostgreSQL, µs | median, ms | 99th percentile, ms |")
		fmt.Println("|---|---|---|---|---|---|")
		var shoppers []*shopper
		for n := range capacityShoppers {
			shoppers = append(shoppers, s.shopper(t, fmt.Sprint("shopper", n)))
		}
		for _, o := range operations {
			f := o.measure(t, s, db, shoppers, long)
			fmt.Printf("| %s | %.0f | %.0f | %s | %.1f | %.1f |\n", o.name, f.rate(), f.cpu(f.program), f.ofDatabase(db),
				milliseconds(f.took.percentile(50)), milliseconds(f.took.percentile(99)))
		}
		fmt.Printf("\nMemory after all this: %.0f MiB, and %.0f at the most. ", s.memoryMiB(t, "VmRSS"), s.peakMiB(t))
		if db != nil {
			fmt.Printf("Connections to PostgreSQL: %d.", db.connections(t))
		}
		fmt.Println()
	})
	t.Run("Sockets", func(t *testing.T) { measureSockets(t, settings) })
}

// describe names the database.
func describe(t *testing.T, db *postgres) string {
	if db == nil {
		return "SQLite"
	}
	return "PostgreSQL " + db.version(t)
}

// machine describes what all this is measured on.
func machine() string {
	var model string
	text, _ := os.ReadFile("/proc/cpuinfo") // without it the model is not told
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value) + ", "
			break
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	return fmt.Sprintf("%s%d cores, %s; load before: %s", model, runtime.NumCPU(), runtime.Version(), strings.Join(strings.Fields(string(load))[:3], " "))
}

// stock fills the catalogue: by a staff account, and by `gatehouse import`.
func (s *server) stock(t *testing.T) {
	t.Helper()
	s.environment = append(s.environment, "GATEHOUSE_SUPERUSER_PASSWORD="+password)
	s.run(t, "createsuperuser", "--username", "keeper", "--email", "keeper@shop.example")
	keeper := s.connect("")
	signed, err := keeper.signIn(t.Context(), "keeper", password)
	keeper.access = signed.Access
	for n := 0; err == nil && n < capacityCategories; n++ {
		var data any
		err = keeper.ask(t.Context(), `mutation ($name: String!) { categoryCreate(input: {name: $name}) { category { id } } }`,
			variables{"name": fmt.Sprint("Shelf ", n)}, &data)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, "products.csv")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := csv.NewWriter(file)
	_ = rows.Write([]string{"sku", "name", "price", "category", "description"}) // Error tells
	for n := range capacityProducts {
		_ = rows.Write([]string{
			fmt.Sprint("stock-", n), word(n) + fmt.Sprint(" ", n), fmt.Sprintf("%d.95", n%100),
			fmt.Sprint("shelf-", n%capacityCategories), strings.Repeat("A description of some length. ", 5),
		})
	}
	rows.Flush()
	if err := rows.Error(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	s.run(t, "import", path)
}

var syllables = []string{
	"amber", "birch", "cocoa", "daisy", "ember", "fennel", "ginger", "hazel", "indigo", "juniper", "kale", "laurel",
	"maple", "nutmeg", "olive", "pepper", "quince", "rosemary", "saffron", "thyme",
}

// word is the nth of 400 names, whose halves are from syllables: four letters of one find a tenth of all products.
func word(n int) string {
	return syllables[n%len(syllables)] + syllables[n/len(syllables)%len(syllables)]
}

// shopper does one thing after the other.
type shopper struct {
	*client
	name    string
	refresh string   // token, of the newest generation
	shelves []string // ids of two categories
	found   []string // ids of products
	made    int      // products, and prices
}

// shopper is a new one, who has signed in and looked around.
func (s *server) shopper(t *testing.T, name string) *shopper {
	t.Helper()
	v := &shopper{client: s.connect(""), name: name}
	v.register(t, name)
	var data struct {
		Categories, Products struct{ Nodes []struct{ ID string } }
	}
	err := v.signsIn(t.Context())
	if err == nil {
		err = v.ask(t.Context(), `{ categories(first: 2) { nodes { id } } products(first: 100) { nodes { id } } }`, nil, &data)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range data.Categories.Nodes {
		v.shelves = append(v.shelves, node.ID)
	}
	for _, node := range data.Products.Nodes {
		v.found = append(v.found, node.ID)
	}
	return v
}

// signsIn begins another session.
func (v *shopper) signsIn(ctx context.Context) error {
	signed, err := v.signIn(ctx, v.name, password)
	v.access, v.refresh = signed.Access, signed.Refresh
	return err
}

// create makes another product on that shelf, and answers its id.
func (v *shopper) create(ctx context.Context, shelf string) (id string, err error) {
	v.made++
	var data struct {
		ProductCreate struct {
			Product struct{ ID string }
			Errors  []struct{ Message string }
		}
	}
	err = v.ask(ctx, `mutation ($name: String!, $category: ID!) {
		productCreate(input: {name: $name, sku: $name, price: "1.00", category: $category}) { product { id } errors { message } }
	}`, variables{"name": fmt.Sprint("new-", v.name, "-", v.made), "category": shelf}, &data)
	if err == nil && len(data.ProductCreate.Errors) > 0 {
		err = errors.New(data.ProductCreate.Errors[0].Message)
	}
	return data.ProductCreate.Product.ID, err
}

// reprice changes a product.
func (v *shopper) reprice(t *testing.T, id string) {
	t.Helper()
	v.made++
	var data struct {
		ProductUpdate struct{ Errors []struct{ Message string } }
	}
	err := v.ask(t.Context(), `mutation ($id: ID!, $price: Decimal!) { productUpdate(id: $id, input: {price: $price}) { errors { message } } }`,
		variables{"id": id, "price": fmt.Sprintf("%d.00", v.made)}, &data)
	if err != nil || len(data.ProductUpdate.Errors) > 0 {
		t.Fatal(data.ProductUpdate.Errors, err)
	}
}

// some is one of the products that the shopper knows.
func (v *shopper) some() string { return v.found[rand.IntN(len(v.found))] }
