package catalog

import (
	"strconv"
	"strings"

	"github.com/gosimple/slug"
)

// slugRoom is kept free at a slug's end for the number that makes it unique.
const slugRoom = 12

// baseSlug is the slug that a name suggests: "Gustaf's Knäckebröd" is "gustafs-knackebrod". A name
// without a letter or digit in any script suggests the fallback.
func baseSlug(name, fallback string) string {
	base := slug.Make(name)
	if len(base) > MaxSlug-slugRoom {
		base = base[:MaxSlug-slugRoom]
	}
	if base = strings.Trim(base, "-_"); base == "" {
		return fallback
	}
	return base
}

// freeSlug is the base itself, or the base with the lowest number from 2 that is not among those taken.
func freeSlug(base string, taken []string) string {
	used := make(map[string]bool, len(taken))
	for _, t := range taken {
		used[t] = true
	}
	candidate := base
	for n := 2; used[candidate]; n++ {
		candidate = base + "-" + strconv.Itoa(n)
	}
	return candidate
}
