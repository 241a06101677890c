package catalog

import (
	"strconv"
	"strings"

	"entgo.io/ent/dialect/sql"
	"github.com/gosimple/slug"

	"github.com/gatehouse/gatehouse/internal/filter"
)

const (
	// slugRoom is kept free at a slug's end for the number that makes it unique.
	slugRoom = 12
	// maxNameBytes is how much of a name is looked at: no name that is not too long is longer, however it is coded.
	maxNameBytes = 4 << 10
)

// baseSlug is the slug that a name suggests: "Gustaf's Knäckebröd" is "gustafs-knackebrod". A name
// without a letter or digit in any script suggests the fallback.
func baseSlug(name, fallback string) string {
	name = strings.TrimSpace(name)
	base := slug.Make(name[:min(len(name), maxNameBytes)])
	if len(base) > MaxSlug-slugRoom {
		base = base[:MaxSlug-slugRoom]
	}
	if base = strings.Trim(base, "-_"); base == "" {
		return fallback
	}
	return base
}

// beginning holds for the rows whose slug is the base, or the base and a hyphen and more. They are a range
// that an index finds: of all that may stand in a slug, the hyphen alone sorts before the full stop.
func beginning(base string) filter.Condition {
	return sql.AndPredicates(sql.FieldGTE("slug", base), sql.FieldLT("slug", base+"."))
}

// freeSlug is the base itself, or the base with the lowest number from 2 that is not among those taken.
func freeSlug(base string, taken []string) string {
	used := make(map[string]bool, len(taken))
	for _, t := range taken {
		used[t] = true
	}
	if !used[base] {
		return base
	}
	free, _ := numberedSlug(base, 2, func(slug string) bool { return used[slug] })
	return free
}

// numberedSlug is the base with the lowest number from n that is not used, and that number.
func numberedSlug(base string, n int, used func(string) bool) (string, int) {
	for ; ; n++ {
		if candidate := base + "-" + strconv.Itoa(n); !used(candidate) {
			return candidate, n
		}
	}
}
