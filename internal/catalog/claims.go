package catalog

import (
	"crypto/sha256"
	"fmt"

	"github.com/gatehouse/gatehouse/internal/fault"
)

// claims are the stock keeping units and slugs that the rows of one input have asked for, so that no two get
// the same. They take about 50 bytes each, however long the texts are: a file may have a great many.
type claims struct {
	noun  string // what a place in the input is called: Row, Line
	skus  map[fingerprint]int
	slugs map[fingerprint]int
}

// fingerprint stands for a text.
type fingerprint [16]byte

func newClaims(noun string) *claims {
	return &claims{noun: noun, skus: map[fingerprint]int{}, slugs: map[fingerprint]int{}}
}

func fingerprintOf(text string) fingerprint {
	sum := sha256.Sum256([]byte(text))
	return fingerprint(sum[:16])
}

// sku notes that the row at the place asks for the unit, and a mistake when an earlier one did.
func (c *claims) sku(m *fault.Mistakes, key string, place int) { c.claim(m, c.skus, "sku", key, place) }

// slug does so for a slug.
func (c *claims) slug(m *fault.Mistakes, slug string, place int) {
	c.claim(m, c.slugs, "slug", slug, place)
}

// claim leaves a text to the first place that asks for it, however often that asks.
func (c *claims) claim(m *fault.Mistakes, taken map[fingerprint]int, field, text string, place int) {
	of := fingerprintOf(text)
	first, isTaken := taken[of]
	switch {
	case !isTaken:
		taken[of] = place
	case first != place:
		m.Add(field, fault.NotUnique, fmt.Sprintf("%s %d has this %s already.", c.noun, first, field))
	}
}

// hasSlug says whether some row asks for the slug.
func (c *claims) hasSlug(slug string) bool {
	_, claimed := c.slugs[fingerprintOf(slug)]
	return claimed
}
