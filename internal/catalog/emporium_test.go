package catalog_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fold"
	"github.com/gatehouse/gatehouse/internal/money"
)

// nastyParts are what random texts and searches are made of: letters that fold to others or to more, marks that
// compose, signs that mean something to SQL or FTS5, and characters outside of the plane that most are in.
var nastyParts = []string{
	"a", "A", "b", "ab", "bab", "abba", "ß", "ẞ", "s", "SS", "İ", "ı", "i", "I", "ς", "σ", "Σ", "ΐ", "ﬃ", "ŉ", "K", "Å",
	"\u0301", "e\u0301", "é", "E\u0301", "ü", "U\u0308", "\u0345", "\u0308\u0301", "🍵", "👩\u200d👧", "日", "本", "茶", "ｶﾞ", "ガ", "가", "\u1100\u1161",
	`"`, "'", "%", "_", `\`, "*", "-", "^", "(", ")", ":", "+", "{", "AND", "or", "NEAR(", "\u200b", "\ufffd", "\ufffe", "\uffff", "\ufdd0", "\U0010ffff",
	"Ꭰ", "ꭰ", "ᏸ", "𐐀", "𐐨", "𝒳", "\u00ad", "x", "0", "1",
}

// scribe writes random texts, always the same.
type scribe struct{ *rand.Rand }

// words are n words of nasty parts.
func (s scribe) words(n int) string {
	words := make([]string, n)
	for i := range words {
		var b strings.Builder
		for range 1 + s.IntN(5) {
			b.WriteString(nastyParts[s.IntN(len(nastyParts))])
		}
		words[i] = b.String()
	}
	return strings.Join(words, " ")
}

// name is one of a few, or its own.
func (s scribe) name() string {
	switch s.IntN(3) {
	case 0:
		return hardNames[s.IntN(len(hardNames))]
	case 1:
		return strings.Repeat("n", s.IntN(2)) + s.words(1+s.IntN(2))
	}
	return []string{"Green tea", "Black Tea", "teapot", "Tea"}[s.IntN(4)] + " " + fmt.Sprint(s.IntN(60))
}

// description is none, some words, or as long as can be.
func (s scribe) description() string {
	switch s.IntN(100) {
	case 0:
		return strings.Repeat(s.words(1)+" and so on, ", 400)
	case 1, 2, 3:
		return s.words(300)
	}
	if s.IntN(4) == 0 {
		return ""
	}
	return strings.Join([]string{s.words(s.IntN(8)), hardNames[s.IntN(len(hardNames))], s.words(s.IntN(3))}, "\n")
}

// sku is one of its own, told apart from all others by i; nil for every other product.
func (s scribe) sku(i int) *string {
	switch s.IntN(4) {
	case 0:
		return new(fold.Canonical(fmt.Sprint(i, "-", s.words(1))))
	case 1:
		return new(fold.Canonical(fmt.Sprint(s.words(1), "~", i)))
	}
	return nil
}

// moment is one of few, or one in a million.
func (s scribe) moment() time.Time {
	start := noon.Truncate(time.Second)
	if s.IntN(2) == 0 {
		return start.Add(hardTimes[s.IntN(len(hardTimes))])
	}
	return start.Add(time.Duration(s.IntN(1_000_000)-500_000) * time.Millisecond)
}

// emporium is a catalogue of everything there may be, with the model of it.
type emporium struct {
	*world
	*model
	tree    []*ent.Category
	viewers []auth.Viewer
}

// openEmporium makes one of n products in a tree of 40 categories, seven levels deep, some of them empty. Prices, stocks and
// times are equal and zero often enough; products have no owner, or one of three, and a quarter is unpublished.
func openEmporium(t testing.TB, n int, opts ...database.Option) *emporium {
	t.Helper()
	e := &emporium{world: build(t, opts...)}
	s := scribe{rand.New(rand.NewPCG(11, 12))}
	e.viewers = []auth.Viewer{{}, e.ada, e.root, e.bob, {UserID: 1 << 31}}
	e.write(t, func(tx *ent.Tx) error {
		for i := range 40 {
			name := fold.Canonical(strings.TrimSpace(s.name()))
			create := tx.Category.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprintf("%c-%d", 'a'+i%26, i)).
				SetCreatedAt(s.moment()).SetUpdatedAt(noon)
			switch { // a chain of seven, then anywhere
			case 0 < i && i < 7:
				create.SetParentID(e.tree[i-1].ID)
			case i >= 10:
				if above := e.tree[s.IntN(i)]; i%5 > 0 && above != e.tree[6] {
					create.SetParentID(above.ID)
				}
			}
			row, err := create.Save(t.Context())
			if err != nil {
				return err
			}
			e.tree = append(e.tree, row)
		}
		return nil
	})
	for from := 0; from < n; from += 500 { // SQLite takes so many values in one statement
		e.write(t, func(tx *ent.Tx) error {
			rows := make([]*ent.ProductCreate, min(500, n-from))
			for i := range rows {
				rows[i] = e.product(tx, s, from+i)
			}
			return tx.Product.CreateBulk(rows...).Exec(t.Context())
		})
	}
	rows, err := e.db.Read.Product.Query().All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e.model = modelOf(rows, e.tree...)
	e.ran.take()
	return e
}

func (e *emporium) product(tx *ent.Tx, s scribe, i int) *ent.ProductCreate {
	name, description := fold.Canonical(strings.TrimSpace(s.name())), fold.Canonical(s.description())
	create := tx.Product.Create().SetName(name).SetNameKey(fold.Text(name)).SetSlug(fmt.Sprint("p", i)).
		SetDescription(description).SetDescriptionKey(fold.Text(description)).
		SetPrice([]money.Amount{0, 0, 1, 99, 100, 101, 1800, money.Max, money.Amount(s.IntN(2000))}[s.IntN(9)]).
		SetStock([]int{0, 0, 1, 2, 5, 1 << 30, s.IntN(100)}[s.IntN(7)]).
		SetCategoryID(e.tree[min(s.IntN(40), s.IntN(36))].ID). // the last ones are empty
		SetIsPublished(s.IntN(4) > 0).SetCreatedAt(s.moment()).SetUpdatedAt(s.moment())
	if sku := s.sku(i); sku != nil {
		create.SetSku(*sku).SetSkuKey(fold.Text(*sku))
	}
	if owner := []int64{0, e.ada.UserID, e.bob.UserID, 0, e.root.UserID}[s.IntN(5)]; owner != 0 {
		create.SetOwnerID(owner)
	}
	return create
}
