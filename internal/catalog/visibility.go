package catalog

import (
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/filter"
)

// visible holds for the products that exist for the viewer. Every query of products goes through it.
func visible(viewer auth.Viewer) predicate.Product {
	switch {
	case viewer.IsStaff:
		return filter.Everything
	case viewer.SignedIn():
		return product.Or(product.IsPublished(true), product.OwnerID(viewer.UserID))
	}
	return product.IsPublished(true)
}
