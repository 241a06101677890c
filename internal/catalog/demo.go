package catalog

import (
	"context"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"strconv"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/money"
)

// ErrNotEmpty says that the catalogue already holds something.
var ErrNotEmpty = errors.New("the catalogue is not empty")

// northwind is the catalogue of the Northwind Traders sample database: 8 categories, 77 products.
//
//go:embed northwind/*.csv
var northwind embed.FS

// Demo counts what LoadDemo loaded.
type Demo struct{ Categories, Products, Unpublished int }

// LoadDemo fills an empty catalogue with the Northwind sample, all or nothing; nobody owns its products,
// and those it calls discontinued are unpublished. It is ErrNotEmpty when there is a category already.
func (c *Catalog) LoadDemo(ctx context.Context) (Demo, error) {
	categories, err := readTable("northwind/categories.csv")
	if err != nil {
		return Demo{}, err
	}
	products, err := readTable("northwind/products.csv")
	if err != nil {
		return Demo{}, err
	}
	var loaded Demo
	err = c.db.Write(ctx, func(tx *ent.Tx) error {
		loaded = Demo{}
		var changes []Change
		if used, err := tx.Category.Query().Exist(ctx); err != nil {
			return fmt.Errorf("looking into the catalogue: %w", err)
		} else if used {
			return ErrNotEmpty
		}
		shelves := make(map[string]int64, len(categories))
		for _, row := range categories {
			shelf, err := c.insertCategory(ctx, tx, NewCategory{Name: row["name"], Description: new(row["description"])})
			if err != nil {
				return fmt.Errorf("category %s: %w", row["name"], err)
			}
			shelves[row["id"]] = shelf.ID
			loaded.Categories++
		}
		for _, row := range products {
			in, err := demoProduct(row, shelves)
			if err != nil {
				return fmt.Errorf("product %s: %w", row["name"], err)
			}
			product, err := c.insertProduct(ctx, tx, in, nil)
			if err != nil {
				return fmt.Errorf("product %s: %w", row["name"], err)
			}
			changes = append(changes, Change{ProductID: product.ID, After: standingOf(product)})
			loaded.Products++
			if !*in.IsPublished {
				loaded.Unpublished++
			}
		}
		return c.feed.Announce(ctx, tx, changes)
	})
	if err != nil {
		return Demo{}, err
	}
	return loaded, nil
}

func demoProduct(row map[string]string, shelves map[string]int64) (NewProduct, error) {
	price, err := money.ParseDecimal(row["unit_price"])
	if err != nil {
		return NewProduct{}, err
	}
	stock, err := strconv.Atoi(row["units_in_stock"])
	if err != nil {
		return NewProduct{}, err
	}
	return NewProduct{
		Name:        row["name"],
		Description: new(row["quantity_per_unit"]),
		Price:       price,
		Stock:       &stock,
		Category:    shelves[row["category"]],
		IsPublished: new(row["discontinued"] == "0"),
	}, nil
}

// readTable reads an embedded CSV file, each row by its column names.
func readTable(name string) ([]map[string]string, error) {
	file, err := northwind.Open(name)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", name, err)
	}
	defer func() { _ = file.Close() }() // embedded: closing cannot fail
	records, err := csv.NewReader(file).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	rows := make([]map[string]string, len(records)-1)
	for i, record := range records[1:] {
		rows[i] = make(map[string]string, len(record))
		for j, column := range records[0] {
			rows[i][column] = record[j]
		}
	}
	return rows, nil
}
