package databasetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/database"
)

// Fill adds so many categories, each with two children that follow it by name, and one with as many more, which come last;
// and for each of all those, products and a user.
func Fill(t testing.TB, db *database.DB, n int) {
	t.Helper()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	if err := db.Write(t.Context(), func(tx *ent.Tx) error {
		var shelves []*ent.CategoryCreate
		shelf := func(name string, parent *int64) {
			key := strings.ToLower(name)
			shelves = append(shelves, tx.Category.Create().SetName(name).SetNameKey(key).SetSlug(fmt.Sprint(n, "-", key)).
				SetNillableParentID(parent).SetCreatedAt(now).SetUpdatedAt(now))
		}
		for i := range n {
			shelf(fmt.Sprintf("A%03d", i), nil)
		}
		roots, err := tx.Category.CreateBulk(shelves...).Save(t.Context())
		if err != nil {
			return err
		}
		shelves = nil
		for i, root := range roots {
			shelf(root.Name+"-a", &root.ID)
			shelf(root.Name+"-b", &root.ID)
			for j := range n {
				if i == 0 {
					shelf(fmt.Sprintf("Z%03d", j), &root.ID)
				}
			}
		}
		leaves, err := tx.Category.CreateBulk(shelves...).Save(t.Context())
		if err != nil {
			return err
		}
		var products []*ent.ProductCreate
		var users []*ent.UserCreate
		for _, shelf := range append(roots, leaves...) {
			for i := range 6 {
				name := fmt.Sprint(shelf.Slug, "-p", i)
				products = append(products, tx.Product.Create().SetName(name).SetNameKey(name).SetSlug(name).SetPrice(1).
					SetCategoryID(shelf.ID).SetCreatedAt(now).SetUpdatedAt(now))
			}
			users = append(users, tx.User.Create().SetUsername(shelf.Slug).SetUsernameKey(shelf.Slug).SetEmail(shelf.Slug+"@example.com").
				SetEmailKey(shelf.Slug+"@example.com").SetPasswordHash("-").SetDateJoined(now))
		}
		for len(products) > 0 {
			some := min(len(products), 1000)
			if err := tx.Product.CreateBulk(products[:some]...).Exec(t.Context()); err != nil {
				return err
			}
			products = products[some:]
		}
		return tx.User.CreateBulk(users...).Exec(t.Context())
	}); err != nil {
		t.Fatal(err)
	}
}
