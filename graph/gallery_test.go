package graph_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/graph"
)

// gallery is a scene with five categories one below the other: from the middle, any three steps up and down stay
// within. In each there are a published product, an unpublished one of the owner's, which comes first in most orders,
// and an unpublished one of the deactivated user's, which comes last.
type gallery struct {
	*scene
	schema *ast.Schema
	last   int64  // the product that was made last
	root   string // a token of staff's
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	g := &gallery{scene: newScene(t), schema: graph.Schema()}
	g.reactivate(true)
	for level := range 5 {
		parent := ""
		if level > 0 {
			parent = ", parent: " + g.ids[fmt.Sprint("LEVEL_", level-1)]
		}
		shelf := g.category(fmt.Sprintf(`name: "Level %d"%s`, level, parent))
		g.ids[fmt.Sprint("LEVEL_", level)] = shelf
		for name, p := range map[string]struct{ owner, input string }{
			"SEEN_":      {"owner", `name: "Seen %d", sku: "S-%[1]d", price: "5", stock: 5`},
			"HIDDEN_":    {"owner", `name: "!Hidden %d", sku: "H-%[1]d", price: "0", description: "A secret", isPublished: false`},
			"ABANDONED_": {"inactive", `name: "zzz %d", sku: "Z-%[1]d", price: "99999999.99", stock: 2147483647, description: "A secret", isPublished: false`},
			"OTHERS_":    {"other", `name: "Other %d", sku: "O-%[1]d", price: "6", stock: 6`},
		} {
			g.ids[fmt.Sprint(name, level)] = g.product(p.owner, fmt.Sprintf(p.input, level)+", category: "+shelf)
		}
	}
	g.root = g.obtain("staff")
	g.last = g.key(g.product("staff", `name: "Last", price: "7"`))
	g.ids["NONE"] = strconv.FormatInt(g.last+1_000_000, 10)
	g.inactive = g.obtain("inactive")
	g.reactivate(false)
	return g
}

// reactivate lets the deactivated user in again, or out.
func (g *gallery) reactivate(active bool) {
	g.must(g.obtain("staff"), fmt.Sprintf(`userUpdate(id: %q, input: {isActive: %v}) { errors { code } }`, g.ids["INACTIVE"], active))
}

// forget deletes somebody's unpublished products, as if they had never been.
func (g *gallery) forget(owner string) {
	g.t.Helper()
	if n := g.delete(product.OwnerID(g.key(g.ids[owner])), product.IsPublished(false)); n < 5 {
		g.t.Errorf("%s had %d unpublished products", owner, n)
	}
}

// removeNew deletes the products that were made by questions, for the next one.
func (g *gallery) removeNew() {
	g.t.Helper()
	g.delete(product.IDGT(g.last))
}

// delete deletes products, as staff, and says how many.
func (g *gallery) delete(which ...predicate.Product) int {
	g.t.Helper()
	ids, err := g.db.Read.Product.Query().Where(which...).IDs(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	for _, id := range ids {
		g.must(g.root, fmt.Sprintf(`productDelete(id: %d) { errors { code } }`, id))
	}
	return len(ids)
}

// turnOfEach are turns of everybody.
func (g *gallery) turnOfEach(t *testing.T) (turns []*turn) {
	t.Helper()
	for _, who := range g.everybody {
		turn := g.turn(t, who)
		turn.made["MINE"] = g.ids["SEEN_2"]
		if who == "other" {
			turn.made["MINE"] = g.ids["OTHERS_2"]
		}
		turns = append(turns, turn)
	}
	return turns
}
