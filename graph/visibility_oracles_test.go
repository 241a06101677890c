package graph_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// accepted are the places where somebody can find out whether there is an unpublished product that has something: that a
// slug or a sku is taken must be told, and the slug that is made of a name must be another.
var accepted = []string{
	"productCreate.input.name", "productCreate.input.sku", "productCreate.input.slug",
	"productUpdate.input.sku", "productUpdate.input.slug",
}

// TestWhatTellsOfUnpublishedProducts puts into every place of every argument what an unpublished product has, and what none
// has. But for the accepted places, the answers to strangers are the same.
func TestWhatTellsOfUnpublishedProducts(t *testing.T) {
	g := newGallery(t)
	fill := filler{g.schema, map[string]any{
		"productCreate.input.category": g.ids["LEVEL_2"], "productCreate.input.name": "New", "productUpdate.id": g.ids["OTHERS_2"],
	}}
	hidden := map[string][]string{
		"ID":     {g.ids["HIDDEN_2"], g.ids["ABANDONED_2"]},
		"String": {"!Hidden 2", "zzz 2", "hidden-2", "zzz-2", "H-2", "h-2", "z-2", "A secret"},
	}
	var strangers []*turn
	for _, turn := range g.turnOfEach(t) {
		if turn.who != "owner" && turn.who != "staff" {
			strangers = append(strangers, turn)
		}
	}
	var told []string
	for _, p := range places(g.schema, g.schema.Query, g.schema.Mutation) {
		for _, value := range hidden[p.of.Name] {
			for _, turn := range strangers {
				none := strings.NewReplacer("idden", "nused", "zzz", "zzy", "H-", "U-", "h-", "u-", "z-", "y-", "secret", "mystery").Replace(value)
				if p.of.Name == "ID" {
					none = g.ids["NONE"]
				}
				if g.outcome(t, fill, turn, p, value) != g.outcome(t, fill, turn, p, none) && !slices.Contains(told, p.String()) {
					told = append(told, p.String())
				}
			}
		}
	}
	slices.Sort(told)
	if !slices.Equal(told, accepted) {
		t.Errorf("there is told of unpublished products in\n%s\nbut accepted are\n%s", strings.Join(told, "\n"), strings.Join(accepted, "\n"))
	}
}

// outcome is what somebody is answered who asks with the value in the place, but for what is different each time.
func (g *gallery) outcome(t *testing.T, fill filler, turn *turn, p place, value string) string {
	t.Helper()
	query, variables := fill.question(p, value)
	reply := g.ask(query, variables, turn.bearer)
	if strings.Contains(reply, "VALIDATION_FAILED") || strings.Contains(reply, "INTERNAL_SERVER_ERROR") {
		t.Fatalf("%s: %s", query, cut(reply))
	}
	if turn.who == "other" && slices.Contains([]string{"profileUpdate", "productUpdate"}, p.field.Name) { // as it was
		g.must(turn.bearer, `profileUpdate(input: {username: "other", email: "other@example.com", firstName: "", lastName: ""}) { errors { code } }`)
		g.must(turn.bearer, fmt.Sprintf(`productUpdate(id: %q, input: {name: "Other", slug: "other", sku: "O", description: ""}) { errors { code } }`, g.ids["OTHERS_2"]))
	}
	g.removeNew()
	for _, form := range []string{value, strings.ToLower(value), strings.Trim(strings.ReplaceAll(strings.ToLower(value), " ", "-"), "!")} {
		reply = strings.ReplaceAll(reply, `"`+form, `"…`)
	}
	return regexp.MustCompile(`"id":"\d+"|"version":\d+|"\d{4}-[^"]*Z"|"eyJ[^"]*"`).ReplaceAllString(reply, "")
}
