package graph_test

import (
	"strings"
	"testing"
)

// TestMutationsTellNothing goes all ways from Mutation to a product. What a mutation answers leads to the unpublished
// products that the viewer may see, and to no others.
func TestMutationsTellNothing(t *testing.T) {
	g := newGallery(t)
	turns := g.turnOfEach(t)
	for _, w := range waysTo(g.schema, g.schema.Mutation, "Product") {
		if fansOut(w) {
			continue // it would tell numbers only, which the ways from Query show to be right
		}
		found := map[string]bool{}
		for _, question := range g.inquiries(t, w) {
			for _, turn := range turns {
				reply := g.reply(t, turn, question)
				for of, ids := range map[string][]string{"owner": g.idsOf("HIDDEN"), "inactive": g.idsOf("ABANDONED")} {
					tells := tellsAny(reply, ids)
					found[turn.who+" "+of] = found[turn.who+" "+of] || tells
					if sees := turn.who == "staff" || turn.who == "owner" && of == "owner"; tells && !sees {
						t.Errorf("%s is told of %s's unpublished products by\n%s:\n%s", turn.who, of, question, cut(reply))
					}
				}
				g.removeNew()
			}
		}
		isStaffs := w[0].field.Directives.ForName("admin") != nil
		if !leadsToNew(w) && (!found["staff owner"] || !found["staff inactive"] || !found["owner owner"] && !isStaffs) {
			t.Errorf("%s: unpublished products are not found by whoever may see them", w)
		}
	}
}

// leadsToNew says whether a way leads to what the mutation itself makes, and so to nothing that was there before.
func leadsToNew(w way) bool {
	switch {
	case w.takes("Mutation.productCreate"):
		return !w.takes("Product.category")
	case w.takes("Mutation.categoryCreate"):
		return w[2].String() != "Category.parent" && w[2].String() != "Category.ancestors"
	}
	return false
}

// idsOf are the ids of what has that name, on all levels.
func (g *gallery) idsOf(name string) (ids []string) {
	for other, id := range g.ids {
		if strings.HasPrefix(other, name) {
			ids = append(ids, id)
		}
	}
	return ids
}

func tellsAny(reply string, ids []string) bool {
	for _, id := range ids {
		if strings.Contains(reply, `"`+id+`"`) {
			return true
		}
	}
	return false
}
