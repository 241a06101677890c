package catalog

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/ent/category"
	"github.com/gatehouse/gatehouse/ent/predicate"
	"github.com/gatehouse/gatehouse/ent/product"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/filter"
	"github.com/gatehouse/gatehouse/internal/fold"
)

// upserts is a number of products that are to be in the catalogue as its rows say, whether they are in it already
// or not. Asking the database about all of them, and telling it, takes the same few statements for any number.
type upserts struct {
	products   *ent.ProductClient // of a transaction; or of the reading pool, to see what would happen
	categories *ent.CategoryClient
	claims     *claims
	rows       []*upsert
	shelves    map[int64]bool // categories that are known to be there
}

// upsert is one row of them: what it asks for, and what is to become of it.
type upsert struct {
	place    int            // where the row stands in the input
	sku      string         // as it stands there, for telling
	changes  ProductChanges // with a sku, which is null when the slug is to name the product
	mistakes fault.Mistakes // a row with mistakes is not stored

	skuKey string // empty: none, or not a valid one
	slug   string // likewise; for a new product without one, what its name suggests

	old    *ent.Product       // the product as it is; nil: there is none
	next   *ent.ProductCreate // what is said of how it is to be
	differ []string           // the columns in which the old one is to change
}

// plan finds out what is to become of each row: which product it is about, what changes and what is wrong
// with it. It writes nothing.
func (b *upserts) plan(ctx context.Context) error {
	for _, row := range b.rows {
		row.readKeys(b.claims)
	}
	if err := b.match(ctx); err != nil {
		return err
	}
	others, err := b.gather(ctx)
	if err != nil {
		return err
	}
	for _, row := range b.rows {
		var own int64
		if row.old != nil {
			own = row.old.ID
		}
		row.next = b.products.Create()
		mistakes, err := fault.AsMistakes(fillProduct(ctx, others, row.next.Mutation(), row.changes, own))
		if err != nil {
			return err
		}
		row.note(mistakes)
		row.compare()
	}
	return nil
}

// readKeys reads what names the product, and claims it.
func (u *upsert) readKeys(claims *claims) {
	unheard := &validator{} // fillProduct tells these mistakes
	if sku, ok := unheard.clearableLine("sku", u.changes.SKU, MaxSKU); ok && sku != nil {
		u.skuKey = fold.Text(*sku)
		claims.sku(&u.mistakes, u.skuKey, u.place)
	}
	if slug, ok := unheard.slug(u.changes.Slug); ok {
		u.slug = slug
		claims.slug(&u.mistakes, slug, u.place)
	}
	if u.bySlug() && !u.changes.Slug.IsSet() {
		u.mistakes.Add("sku", fault.Required, "A product needs a sku, or else a slug, to be known by.")
	}
}

// note adds mistakes, but for those that are known: the row that claimed a slug first may be stored by now.
func (u *upsert) note(mistakes fault.Mistakes) {
	for _, m := range mistakes {
		known := func(other *fault.Mistake) bool { return other.Code == m.Code && slices.Equal(other.Field, m.Field) }
		if !slices.ContainsFunc(u.mistakes, known) {
			u.mistakes = append(u.mistakes, m)
		}
	}
}

// bySlug says whether the row is about the product without a sku that has its slug.
func (u *upsert) bySlug() bool { return u.changes.SKU.IsSet() && u.changes.SKU.Value() == nil }

// match finds the products that the rows are about.
func (b *upserts) match(ctx context.Context) error {
	var keys, slugs []string
	for _, row := range b.rows {
		switch {
		case row.skuKey != "":
			keys = append(keys, row.skuKey)
		case row.bySlug() && row.slug != "":
			slugs = append(slugs, row.slug)
		}
	}
	bySKU, bySlug := map[string]*ent.Product{}, map[string]*ent.Product{}
	if len(keys) > 0 {
		found, err := b.products.Query().Where(product.SkuKeyIn(keys...)).All(ctx)
		if err != nil {
			return fmt.Errorf("reading products by sku: %w", err)
		}
		for _, p := range found {
			bySKU[*p.SkuKey] = p
		}
	}
	if len(slugs) > 0 {
		found, err := b.products.Query().Where(product.SlugIn(slugs...), product.SkuKeyIsNil()).All(ctx)
		if err != nil {
			return fmt.Errorf("reading products by slug: %w", err)
		}
		for _, p := range found {
			bySlug[p.Slug] = p
		}
	}
	for _, row := range b.rows {
		row.old = bySKU[row.skuKey]
		if row.bySlug() {
			row.old = bySlug[row.slug]
		}
	}
	return nil
}

// gather looks up what the rows may clash with and refer to. What a product has already is known to be right.
func (b *upserts) gather(ctx context.Context) (gathered, error) {
	others := gathered{slugs: map[string]int64{}, skus: map[string]int64{}, categories: map[int64]bool{}}
	maps.Copy(others.categories, b.shelves)
	for _, row := range b.rows {
		if row.old != nil {
			others.slugs[row.old.Slug], others.categories[row.old.CategoryID] = row.old.ID, true
			others.skus[row.skuKey] = row.old.ID
		}
	}
	var slugs []string
	var shelves []int64
	for _, row := range b.rows {
		if row.slug != "" && others.slugs[row.slug] == 0 {
			slugs = append(slugs, row.slug)
		}
		if id := row.changes.Category.Value(); id != nil && !others.categories[*id] && !slices.Contains(shelves, *id) {
			shelves = append(shelves, *id)
		}
	}
	if len(slugs) > 0 {
		holders, err := b.products.Query().Where(product.SlugIn(slugs...)).Select(product.FieldSlug, product.FieldID).All(ctx)
		if err != nil {
			return others, fmt.Errorf("looking for slugs: %w", err)
		}
		for _, p := range holders {
			others.slugs[p.Slug] = p.ID
		}
	}
	if len(shelves) > 0 {
		ids, err := b.categories.Query().Where(category.IDIn(shelves...)).IDs(ctx)
		if err != nil {
			return others, fmt.Errorf("looking for categories: %w", err)
		}
		for _, id := range ids {
			others.categories[id] = true
		}
	}
	return others, nil
}

// compare notes in what the product is to change.
func (u *upsert) compare() {
	if u.old == nil || len(u.mistakes) > 0 {
		return
	}
	was := map[string]ent.Value{
		product.FieldName: u.old.Name, product.FieldNameKey: u.old.NameKey,
		product.FieldSlug:        u.old.Slug,
		product.FieldDescription: u.old.Description, product.FieldDescriptionKey: u.old.DescriptionKey,
		product.FieldPrice: u.old.Price, product.FieldStock: u.old.Stock,
		product.FieldIsPublished: u.old.IsPublished, product.FieldCategoryID: u.old.CategoryID,
	}
	if u.old.Sku != nil {
		was[product.FieldSku], was[product.FieldSkuKey] = *u.old.Sku, *u.old.SkuKey
	}
	m := u.next.Mutation()
	for _, column := range m.Fields() {
		if value, _ := m.Field(column); value != was[column] {
			u.differ = append(u.differ, column)
		}
	}
}

// writes are the rows that make a product, and those that change one. Rows with mistakes do neither.
func (b *upserts) writes() (fresh, changed []*upsert) {
	for _, row := range b.rows {
		switch {
		case len(row.mistakes) > 0:
		case row.old == nil:
			fresh = append(fresh, row)
		case len(row.differ) > 0:
			changed = append(changed, row)
		}
	}
	return fresh, changed
}

// store makes and changes products as planned in the same transaction, and says what that changes. New ones belong to
// the owner; nil is the shop itself.
func (b *upserts) store(ctx context.Context, now time.Time, owner *int64) (changes []Change, err error) {
	fresh, changed := b.writes()
	if len(fresh) > 0 {
		rows, err := b.insert(ctx, fresh, now, owner)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			changes = append(changes, Change{ProductID: row.ID, After: standingOf(row)})
		}
	}
	if len(changed) > 0 {
		if err := b.update(ctx, changed, now); err != nil {
			return nil, err
		}
		for _, row := range changed {
			before := standingOf(row.old)
			changes = append(changes, Change{ProductID: row.old.ID, Before: before, After: before.after(row.next.Mutation())})
		}
	}
	return changes, nil
}

func (b *upserts) insert(ctx context.Context, fresh []*upsert, now time.Time, owner *int64) ([]*ent.Product, error) {
	if err := b.nameSlugs(ctx, fresh); err != nil {
		return nil, err
	}
	creates := make([]*ent.ProductCreate, len(fresh))
	for i, row := range fresh {
		creates[i] = row.next.SetCreatedAt(now).SetUpdatedAt(now).SetNillableOwnerID(owner)
	}
	rows, err := b.products.CreateBulk(creates...).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("inserting %d products: %w", len(fresh), err)
	}
	return rows, nil
}

// update changes the products in one statement. It takes the slugs that it gives from nobody: they were free.
func (b *upserts) update(ctx context.Context, changed []*upsert, now time.Time) error {
	ids := make([]int64, len(changed))
	values := map[string]*choice{product.FieldUpdatedAt: {column: product.FieldUpdatedAt}}
	for i, row := range changed {
		ids[i] = row.old.ID
		values[product.FieldUpdatedAt].add(row.old.ID, later(now, row.old.UpdatedAt))
		m := row.next.Mutation()
		for _, column := range row.differ {
			if values[column] == nil {
				values[column] = &choice{column: column}
			}
			value, _ := m.Field(column)
			values[column].add(row.old.ID, value)
		}
	}
	n, err := b.products.Update().Where(product.IDIn(ids...)).AddVersion(1).Modify(func(u *sql.UpdateBuilder) {
		for _, column := range product.Columns {
			if values[column] != nil {
				u.Set(column, values[column].expression())
			}
		}
	}).Save(ctx)
	if err == nil && n != len(ids) {
		err = fmt.Errorf("only %d are there", n)
	}
	if err != nil {
		return fmt.Errorf("updating %d products: %w", len(ids), err)
	}
	return nil
}

// choice is a value of a column for each of some rows; for others it is what the column has.
type choice struct {
	column string
	pairs  []any // id, value, id, value …
}

func (c *choice) add(id int64, value any) { c.pairs = append(c.pairs, id, value) }

// expression writes it in SQL, as a CASE by the id.
func (c *choice) expression() sql.Querier {
	return sql.ExprFunc(func(b *sql.Builder) {
		b.WriteString("CASE ").Ident(product.FieldID)
		for pair := range slices.Chunk(c.pairs, 2) {
			b.WriteString(" WHEN ").Arg(pair[0]).WriteString(" THEN ").Arg(pair[1])
		}
		b.WriteString(" ELSE ").Ident(c.column).WriteString(" END")
	})
}

// nameSlugs makes slugs from names for the new products that were given none. None of them is one that the
// input gives to another.
func (b *upserts) nameSlugs(ctx context.Context, fresh []*upsert) error {
	slugs := naming{upserts: b, used: map[string]bool{}}
	var bases []string
	var nameless []*upsert
	for _, row := range fresh {
		if !row.changes.Slug.IsSet() {
			row.slug = baseSlug(*row.changes.Name.Value(), "product")
			bases = append(bases, row.slug)
			nameless = append(nameless, row)
		}
	}
	if len(nameless) == 0 {
		return nil
	}
	if err := slugs.look(ctx, product.SlugIn(bases...)); err != nil {
		return err
	}
	crowded := slugs.giveBases(nameless)
	if len(crowded) == 0 {
		return nil
	}
	var ranges []filter.Condition
	for _, row := range crowded {
		ranges = append(ranges, beginning(row.slug))
	}
	if err := slugs.look(ctx, sql.OrPredicates(ranges...)); err != nil {
		return err
	}
	slugs.giveNumbers(crowded)
	return nil
}

// naming gives out slugs, each once.
type naming struct {
	*upserts
	used map[string]bool
}

// look notes the slugs of products as used.
func (n naming) look(ctx context.Context, where predicate.Product) error {
	taken, err := n.products.Query().Where(where).Select(product.FieldSlug).Strings(ctx)
	if err != nil {
		return fmt.Errorf("looking for free slugs: %w", err)
	}
	for _, slug := range taken {
		n.used[slug] = true
	}
	return nil
}

func (n naming) isUsed(slug string) bool { return n.used[slug] || n.claims.hasSlug(slug) }

func (n naming) give(row *upsert, slug string) {
	n.used[slug] = true
	row.next.SetSlug(slug)
}

// giveBases gives each row the slug that its name suggests, and answers the rows that come too late for theirs.
func (n naming) giveBases(rows []*upsert) (crowded []*upsert) {
	for _, row := range rows {
		if n.isUsed(row.slug) {
			crowded = append(crowded, row)
			continue
		}
		n.give(row, row.slug)
	}
	return crowded
}

// giveNumbers gives those the lowest free number.
func (n naming) giveNumbers(crowded []*upsert) {
	next := map[string]int{}
	for _, row := range crowded {
		slug, number := numberedSlug(row.slug, max(next[row.slug], 2), n.isUsed)
		next[row.slug] = number + 1
		n.give(row, slug)
	}
}
