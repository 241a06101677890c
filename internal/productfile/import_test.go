package productfile_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/money"
	"github.com/gatehouse/gatehouse/internal/patch"
	"github.com/gatehouse/gatehouse/internal/productfile"
)

// store is a catalogue with two categories and a back door.
type store struct {
	*catalog.Catalog
	raw  *sql.DB
	time time.Time
}

func newStore(t testing.TB) *store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	db, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &store{time: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)}
	s.Catalog = catalog.New(db, catalog.NewLocalFeed(), func() time.Time { return s.time })
	if s.raw, err = sql.Open("sqlite3", path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.raw.Close() })
	for _, name := range []string{"Drinks", "Food"} {
		if _, err := s.CreateCategory(t.Context(), catalog.NewCategory{Name: name}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// exec goes in by the back door.
func (s *store) exec(t testing.TB, statement string) {
	t.Helper()
	if _, err := s.raw.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// number is what a query of one number answers.
func (s *store) number(t testing.TB, query string) (n int) {
	t.Helper()
	if err := s.raw.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// contents are all products with all of their columns.
func (s *store) contents(t testing.TB) string {
	t.Helper()
	var rows []string
	found, err := s.raw.QueryContext(t.Context(), `SELECT id||'|'||name||'|'||name_key||'|'||slug||'|'||ifnull(sku,'-')||'|'||ifnull(sku_key,'-')||'|'||description||'|'||price||'|'||stock||'|'||is_published||'|'||version||'|'||category_id||'|'||ifnull(owner_id,'-')||'|'||created_at||'|'||updated_at FROM products ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var row string
		if err := found.Scan(&row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

func (s *store) export(t testing.TB) string {
	t.Helper()
	var file bytes.Buffer
	w, err := productfile.NewWriter(&file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Export(t.Context(), w.Write), w.Flush()); err != nil {
		t.Fatal(err)
	}
	return file.String()
}

// importFile imports a file, and answers what was rejected as well.
func (s *store) importFile(ctx context.Context, file string, o productfile.Options) (productfile.Summary, []string, error) {
	var rejected []string
	o.Reject = func(r catalog.Rejection) error {
		text := fmt.Sprintf("%d %s:", r.Line, r.SKU)
		for _, m := range r.Mistakes {
			text += fmt.Sprintf(" %s %s", productfile.Column(m), m.Code)
		}
		rejected = append(rejected, text)
		return nil
	}
	sum, err := productfile.Import(ctx, s.Catalog, strings.NewReader(file), o)
	return sum, rejected, err
}

// mustImport expects all rows to be imported.
func (s *store) mustImport(t testing.TB, file string, want productfile.Summary) {
	t.Helper()
	sum, rejected, err := s.importFile(t.Context(), file, productfile.Options{})
	want.Written = true
	if err != nil || sum != want {
		t.Fatalf("%+v, %q, %v; want %+v", sum, rejected, err, want)
	}
}

// products is a file of so many products.
func products(n int) string {
	var file strings.Builder
	file.WriteString("sku,name,price,category\n")
	for i := range n {
		fmt.Fprintf(&file, "S-%d,Product %d,%d.%02d,drinks\n", i, i%(n/2+1), i, i%100)
	}
	return file.String()
}

func TestImportMakesChangesAndLeavesAlone(t *testing.T) {
	s := newStore(t)
	s.mustImport(t, products(1234), productfile.Summary{Rows: 1234, Created: 1234})
	before := s.contents(t)
	s.time = s.time.Add(time.Hour)
	s.mustImport(t, products(1234), productfile.Summary{Rows: 1234, Unchanged: 1234})
	s.mustImport(t, s.export(t), productfile.Summary{Rows: 1234, Unchanged: 1234})
	if after := s.contents(t); after != before {
		t.Error("importing the same again changed something")
	}

	changed := strings.Replace(products(1234), "\nS-7,Product 7,7.07,", "\ns-7,Product Seven,7.07,", 1)
	s.mustImport(t, changed, productfile.Summary{Rows: 1234, Updated: 1, Unchanged: 1233})
	if n := s.number(t, `SELECT COUNT(*) FROM products WHERE version = 2 AND sku = 's-7' AND name_key = 'product seven' AND slug = 'product-7' AND price = 707 AND updated_at > created_at`); n != 1 {
		t.Errorf("%d products were changed", n)
	}

	// A column that is missing and an empty cell leave what is there; an empty description does not.
	s.mustImport(t, header+"S-1,Product 1,,About it,1.01,5,drinks,false\n", productfile.Summary{Rows: 1, Updated: 1})
	s.mustImport(t, header+"S-1,Product 1,,About it,1.01,,drinks,\n", productfile.Summary{Rows: 1, Unchanged: 1})
	s.mustImport(t, "sku,name,price,category\nS-1,Product 1,1.01,drinks\n", productfile.Summary{Rows: 1, Unchanged: 1})
	s.mustImport(t, header+"S-1,Product 1,,,1.01,,drinks,\n", productfile.Summary{Rows: 1, Updated: 1})
	if n := s.number(t, `SELECT COUNT(*) FROM products WHERE sku = 'S-1' AND description = '' AND description_key = '' AND stock = 5 AND NOT is_published AND version = 3 AND owner_id IS NULL`); n != 1 {
		t.Error(s.contents(t)[:300])
	}
	s.mustImport(t, header, productfile.Summary{})
}

// TestProductsWithoutSKU are known by their slug, among themselves.
func TestProductsWithoutSKU(t *testing.T) {
	s := newStore(t)
	s.mustImport(t, header+",Tea,tea,,1,,drinks,\nS,Cocoa,cocoa,,1,,drinks,\n", productfile.Summary{Rows: 2, Created: 2})
	s.mustImport(t, header+",Green Tea,tea,,1,,drinks,\n", productfile.Summary{Rows: 1, Updated: 1})
	_, rejected, err := s.importFile(t.Context(), header+",Milk,,,1,,drinks,\n,Cocoa,cocoa,,1,,drinks,\nT,Tea,tea,,1,,drinks,\n", productfile.Options{})
	if want := []string{"2 : sku REQUIRED", "3 : slug NOT_UNIQUE", "4 T: slug NOT_UNIQUE"}; err != nil || !slices.Equal(rejected, want) {
		t.Errorf("rejected %q, %v; want %q", rejected, err, want)
	}
}

// mixed is a file with rows that can be imported and rows that cannot, in two batches.
func mixed() string {
	var file strings.Builder
	file.WriteString(header)
	file.WriteString("A,Tea,,,1,,drinks,\n" + // 2
		"B,,,,x,1.5,drinks,\n" +
		"C,Tea,,,1,,nowhere,\n" +
		"D,Tea,tea-x,,1,,drinks,\n" + // 5
		"ａ,Tea,,,1,,drinks,\n" +
		"a,Tea,,,1,,drinks,\n")
	for i := range 600 {
		fmt.Fprintf(&file, "S-%d,Product,,,1,,drinks,\n", i) // 8 to 607
	}
	file.WriteString("d,Tea,,,1,,drinks,\n" + // 608
		"E,Tea,tea-x,,1,,drinks,\n" +
		"F,Tea,tea,,1,,drinks,\n" + // 610: not for line 2, which is given none
		"G,Tea,,\"" + strings.Repeat("x", catalog.MaxDescription+1) + "\",1,,drinks,\n" +
		"H\x00,Tea,,,1,-1,drinks,maybe\n")
	return file.String()
}

var mixedRejections = []string{
	"3 B: price INVALID stock INVALID name REQUIRED", "4 C: category NOT_FOUND", "7 a: sku NOT_UNIQUE",
	"608 d: sku NOT_UNIQUE", "609 E: slug NOT_UNIQUE", "611 G: description TOO_LONG", "612 H\x00: is_published INVALID sku INVALID stock INVALID",
}

func TestRejectedRows(t *testing.T) {
	s := newStore(t)
	wanted := productfile.Summary{Rows: 611, Created: 604, Rejected: 7}
	for _, dryRun := range []bool{true, false} {
		sum, rejected, err := s.importFile(t.Context(), mixed(), productfile.Options{DryRun: dryRun})
		if err != nil || sum != wanted || !slices.Equal(rejected, mixedRejections) {
			t.Errorf("dry run %v: %+v, %v\n%q\nwant\n%q", dryRun, sum, err, rejected, mixedRejections)
		}
		if found := s.contents(t); found != "" {
			t.Fatalf("something was imported: %s", found)
		}
	}
	wanted.Written = true
	sum, rejected, err := s.importFile(t.Context(), mixed(), productfile.Options{Partial: true})
	if err != nil || sum != wanted || !slices.Equal(rejected, mixedRejections) {
		t.Errorf("partial: %+v, %v\n%q", sum, err, rejected)
	}
	if n := s.number(t, `SELECT COUNT(*) FROM products`); n != 604 {
		t.Errorf("%d products", n)
	}
	if n := s.number(t, `SELECT COUNT(*) FROM products WHERE sku = 'A' AND slug = 'tea-2' OR sku = 'F' AND slug = 'tea'`); n != 2 {
		t.Error("a slug made from a name is one that a later line gives to another")
	}
	before := s.contents(t)
	wanted.Created, wanted.Unchanged = 0, 604
	if sum, _, err := s.importFile(t.Context(), mixed(), productfile.Options{Partial: true, Atomic: true}); err != nil || sum != wanted || s.contents(t) != before {
		t.Errorf("again: %+v, %v", sum, err)
	}
	// Both lines are told.
	_, err = productfile.Import(t.Context(), s.Catalog, strings.NewReader(mixed()), productfile.Options{Reject: func(r catalog.Rejection) error {
		if r.Line == 608 && r.Mistakes[0].Message != "Line 5 has this sku already." {
			t.Errorf("told %q", r.Mistakes[0].Message)
		}
		return nil
	}})
	if err != nil {
		t.Error(err)
	}
}

// TestUnreadableFileImportsNothing, however far it could be read.
func TestUnreadableFileImportsNothing(t *testing.T) {
	s := newStore(t)
	for _, o := range []productfile.Options{{}, {Partial: true}, {Atomic: true}} {
		sum, _, err := s.importFile(t.Context(), products(1000)+"S,\"", o)
		var format *productfile.FormatError
		if !errors.As(err, &format) || format.Line != 1002 || sum != (productfile.Summary{}) {
			t.Errorf("%+v, %v", sum, err)
		}
	}
	if found := s.contents(t); found != "" {
		t.Errorf("imported %s", found)
	}
}

// TestImportFailsHalfway: what was written are whole batches, or nothing if it is one transaction. Importing the file
// again completes it.
func TestImportFailsHalfway(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      productfile.Options
		stored int
	}{
		{"in batches", productfile.Options{}, 500},
		{"in one transaction", productfile.Options{Atomic: true}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStore(t)
			s.exec(t, `CREATE TRIGGER full BEFORE INSERT ON products WHEN NEW.sku = 'S-900' BEGIN SELECT RAISE(ABORT, 'the disk is full'); END`)
			sum, _, err := s.importFile(t.Context(), products(1200), tt.o)
			if err == nil || !strings.Contains(err.Error(), "the disk is full") || sum.Rows != tt.stored {
				t.Errorf("%+v, %v", sum, err)
			}
			if n := s.number(t, `SELECT COUNT(*) FROM products`); n != tt.stored {
				t.Errorf("%d products, want %d", n, tt.stored)
			}
			s.exec(t, `DROP TRIGGER full`)
			s.mustImport(t, products(1200), productfile.Summary{Rows: 1200, Created: 1200 - tt.stored, Unchanged: tt.stored})
			if n := s.number(t, `SELECT COUNT(DISTINCT sku_key) FROM products WHERE version = 1`); n != 1200 {
				t.Errorf("%d products", n)
			}
		})
	}
}

// TestImportIsInterrupted after some batches: those stay.
func TestImportIsInterrupted(t *testing.T) {
	for _, atomic := range []bool{false, true} {
		s := newStore(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stored := 1000
		if atomic {
			stored = 0
		}
		sum, _, err := s.importFile(ctx, products(2000), productfile.Options{Atomic: atomic, Progress: func(what string, done, _ int64) {
			if what == "Importing" && done > int64(len(products(900))) {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) || sum.Rows != stored || s.number(t, `SELECT COUNT(*) FROM products`) != stored {
			t.Errorf("%+v, %v", sum, err)
		}
		s.mustImport(t, products(2000), productfile.Summary{Rows: 2000, Created: 2000 - stored, Unchanged: stored})
	}
}

// TestChangedSinceItWasChecked: somebody takes a slug between the two readings. Rows before that are imported.
func TestChangedSinceItWasChecked(t *testing.T) {
	s := newStore(t)
	file := products(600) + "T,Tea,5.00,drinks\n"
	file = strings.ReplaceAll(strings.Replace(file, "sku,name,price,category", "sku,name,price,category,slug", 1), ",drinks\n", ",drinks,\n")
	file = strings.Replace(file, "5.00,drinks,\n", "5.00,drinks,tea\n", 1)
	var once sync.Once
	sum, rejected, err := s.importFile(t.Context(), file, productfile.Options{Progress: func(what string, _, _ int64) {
		if what == "Importing" {
			once.Do(func() {
				s.exec(t, `INSERT INTO products (name, name_key, slug, price, category_id, created_at, updated_at) SELECT 'Tea', 'tea', 'tea', 1, id, created_at, updated_at FROM categories LIMIT 1`)
			})
		}
	}})
	if want := []string{"602 T: slug NOT_UNIQUE"}; !errors.Is(err, catalog.ErrRejected) || sum.Rows != 500 || !slices.Equal(rejected, want) {
		t.Errorf("%+v, %q, %v", sum, rejected, err)
	}
	if n := s.number(t, `SELECT COUNT(*) FROM products`); n != 501 {
		t.Errorf("%d products", n)
	}
}

// TestExportIsImportedUnchanged draws odd products, exports them, imports that into another catalogue, and exports
// it again.
func TestExportIsImportedUnchanged(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	pieces := []string{
		"Tea", "knäcke", "東京", "🫖", "=1+1", "+", "-", "@x", "'", "''", "＝", "\"", "\"\"", ",", ";", " ", "a b", "5\" pipe", "#", "\\.", "é", "ß", "\ufeff", "0", "true",
	}
	breaks := []string{"\n", "\r\n", "\r", "\t", "\r\r\n", "\n\n"}
	text := func(among []string) (text string) {
		for range 1 + random.IntN(6) {
			text += among[random.IntN(len(among))]
		}
		return text
	}
	s := newStore(t)
	const count = 2300 // three pages of the export, five batches of the import
	for at := 0; at < count; at += 100 {
		rows := make([]catalog.ImportRow, 100)
		for i := range rows {
			rows[i] = oddRow(t, random, at+i, "P"+text(pieces), text(append(slices.Clone(breaks), pieces...)))
			if random.IntN(2) == 0 {
				*rows[i].Changes.Name.Value() = text(pieces) + "x"
			}
		}
		if did, err := s.NewImport().Write(t.Context(), rows, false); err != nil {
			t.Fatal(err, did.Rejected[0].Mistakes)
		}
	}
	first := s.export(t)
	other := newStore(t)
	other.mustImport(t, first, productfile.Summary{Rows: count, Created: count})
	if second := other.export(t); second != first {
		a, b := strings.Split(first, "\n"), strings.Split(second, "\n")
		for i := range a {
			if i >= len(b) || a[i] != b[i] {
				t.Fatalf("line %d was\n%q\nand became\n%q", i+1, a[i], b[i])
			}
		}
	}
	other.mustImport(t, first, productfile.Summary{Rows: count, Unchanged: count})
	excel := "\ufeff" + strings.ReplaceAll(first, ",true\n", ",TRUE\r\n")
	other.mustImport(t, excel, productfile.Summary{Rows: count, Unchanged: count})
}

// oddRow is a row with these texts, half of the time without a sku.
func oddRow(t testing.TB, random *rand.Rand, n int, name, description string) catalog.ImportRow {
	t.Helper()
	price, err := money.ParseDecimal(money.Amount(random.Int64N(int64(money.Max))).String())
	if err != nil {
		t.Fatal(err)
	}
	sku := patch.Set(fmt.Sprintf("%s %d", name, n))
	if random.IntN(2) == 0 || len(name) > 40 {
		sku = patch.Null[string]()
	}
	return catalog.ImportRow{
		Line: n, Category: []string{"drinks", "food"}[random.IntN(2)],
		Changes: catalog.ProductChanges{
			SKU: sku, Name: patch.Set(name), Slug: patch.Set(fmt.Sprint("slug-", n)), Description: patch.Set(description), Price: patch.Set(price),
			Stock: patch.Set(random.IntN(3)), IsPublished: patch.Set(random.IntN(3) > 0),
		},
	}
}
