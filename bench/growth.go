package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// manyProducts are in the large shop.
const manyProducts = 1_000_000

// kept is where large shops are, which take minutes to make.
const kept = tools + "shops"

// Names of what is asked of the large shop.
const (
	large   = ", of 1,000,000"
	farPage = "products, 10, after 90,000"
)

// largeStage is the large shop with Gatehouse, made now if none has been kept. It is only read.
func largeStage(ctx context.Context, dir string) (stage, error) {
	file, err := largeShop(ctx)
	if err != nil {
		return stage{}, fmt.Errorf("making a shop of %d products: %w", manyProducts, err)
	}
	s := &shop{dir: dir, database: sqlite(file)}
	server, err := start(ctx, dir, s.gatehouse(gatehouse, s.database, serversCore, anything))
	if err != nil {
		return stage{}, err
	}
	st := stage{servers: servers{server}}
	far, err := walk(ctx, server, 900)
	if err != nil {
		return st, err
	}
	st.operations = []operation.Operation{
		{Name: products10 + large, Query: operation.Products10, OwnOnly: true},
		{Name: farPage + large, Query: operation.After, Variables: operation.Variables{"after": far}, OwnOnly: true},
	}
	return st, nil
}

// walk is the cursor after that many pages of 100 products: offsets do not go as far.
func walk(ctx context.Context, s *server, pages int) (string, error) {
	var after any
	for range pages {
		answer, err := s.ask(ctx, operation.Operation{
			Query:     `query ($after: String) { products(first: 100, after: $after) { pageInfo { hasNextPage endCursor } } }`,
			Variables: operation.Variables{"after": after},
		}, "")
		if err != nil {
			return "", fmt.Errorf("walking to a far page: %w", err)
		}
		connection, _ := answer["products"].(map[string]any)
		info, _ := connection["pageInfo"].(map[string]any)
		if info["hasNextPage"] != true {
			return "", fmt.Errorf("walking to a far page: the list ends before: %v", info)
		}
		after = info["endCursor"]
	}
	return fmt.Sprint(after), nil
}

// largeShop is the file of the database, an absolute path.
func largeShop(ctx context.Context) (string, error) {
	directory, err := filepath.Abs(kept)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(directory, "making-") // beside what it becomes, so that it can be renamed
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	made, err := recipe(filepath.Join(dir, "products.csv"), manyProducts)
	if err != nil {
		return "", err
	}
	file := filepath.Join(directory, made+".db")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return file, err
	}
	log.Printf("making a shop of %d products, once: this takes minutes", manyProducts)
	unfinished := filepath.Join(dir, "shop.db")
	if _, err := furnish(ctx, dir, sqlite(unfinished), manyProducts); err != nil {
		return "", err
	}
	return file, os.Rename(unfinished, file) // it has been closed, so there is nothing beside it
}

// recipe is a hash of what a shop of so many products is made of: the products, which are written to the file, and the migrations. A
// shop of another recipe is made anew.
func recipe(file string, products int) (string, error) {
	if err := writeProducts(file, products); err != nil {
		return "", err
	}
	hash := sha256.New()
	for _, name := range []string{file, "migrations/sqlite/atlas.sum"} {
		f, err := os.Open(name)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(hash, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}
