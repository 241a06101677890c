package catalog_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/database"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page/pagetest"
)

type (
	productAsk  = pagetest.Ask[*ent.Product]
	productSpot = pagetest.Spot[*ent.Product]
)

// TestProductsGoByTheModel asks a catalogue of 2,000 products 10,000 random questions, each of up to four pages whose
// cursors are from the answers before: every answer has to be the model's, in full. Half of the questions are asked with the
// search index, if the program is built with one, and half without. A failure is cut down to a simple question that
// shows it. To ask ten times as many: go test -run Model ./internal/catalog -rapid.checks=1000
func TestProductsGoByTheModel(t *testing.T) {
	goByTheModel(t, rounds, func(a asker, n *searches) {
		a.converse(n, func(q question, ask productAsk) []*productSpot {
			got, err := a.Products(as(t, q.viewer), ask.Args(), q.search, q.where, q.order, fields("nodes edges pageInfo totalCount"))
			return a.compareAnswer(n, q, ask, got, err)
		})
	})
}

// TestNestedProductsGoByTheModel asks 1,000 such questions of the products of several categories at once, with those below
// them and without.
func TestNestedProductsGoByTheModel(t *testing.T) {
	goByTheModel(t, max(1, rounds/10), func(a asker, n *searches) {
		deep := rapid.Bool().Draw(a.T, "deep")
		var shelves []int64
		for range one(a, "shelves", 3, 1, 6, 40) {
			shelves = append(shelves, nth(a, "shelf", a.tree).ID)
		}
		slices.Sort(shelves)
		shelves = slices.Compact(shelves)
		a.converse(n, func(q question, ask productAsk) (spots []*productSpot) {
			found, err := a.inEach(as(t, q.viewer), t, shelves, catalog.ProductsBelow{
				Args: ask.Args(), Search: q.search, IncludeDescendants: deep, Where: q.where, OrderBy: q.order,
				Selected: fields("nodes edges pageInfo totalCount"),
			})
			for _, q.shelf = range shelves {
				q.deep = deep
				spots = append(spots, a.compareAnswer(n, q, ask, found[q.shelf], err)...)
			}
			return spots
		})
	})
}

// goByTheModel checks a property of the answers so many hundred times in each way to search.
func goByTheModel(t *testing.T, rounds int, property func(asker, *searches)) {
	for way, opts := range map[string][]database.Option{"by index": nil, "by scan": {database.WithoutFTS5()}} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			e := openEmporium(t, 2000, opts...)
			var n searches
			for range rounds {
				rapid.Check(t, func(rt *rapid.T) { property(askerOf(rt, e), &n) })
			}
			n.report(t)
		})
	}
}

// converse asks a question, and some more after it with the cursors of the answers. Ask answers the places that an answer
// tells; none when the question was refused.
func (a asker) converse(n *searches, ask func(question, productAsk) []*productSpot) {
	q := a.question()
	n.questions++
	var known []*productSpot
	for range one(a, "pages", 3, 2, 4, 1) {
		asked := q
		if len(known) > 0 {
			asked = a.followUp(q)
		}
		told := ask(asked, pagetest.Draw(a.T, known))
		if len(told) > 0 {
			q = asked
		}
		known = append(known, told...)
	}
}

// compareAnswer expects an answer to be the model's, and answers the places that it tells. The reports are the same
// whatever differs: rapid cuts a failure down as long as the same is reported.
func (a asker) compareAnswer(n *searches, q question, ask productAsk, got *catalog.ProductConnection, err error) []*productSpot {
	n.answers++
	a.Logf("%s: %+v", q, ask)
	if q.refused() || ask.Refused(q.list()) {
		n.refused++
		if fault.CodeOf(err) != fault.BadUserInput {
			a.Logf("error %v, want BAD_USER_INPUT", err)
			a.Fatal("the question is not refused as it should be")
		}
		return nil
	}
	if err != nil {
		a.Logf("error %v", err)
		a.Fatal("the question fails")
	}
	want := ask.Answer(a.list(q))
	if differ := want.Differs(got, productID); differ != "" {
		a.Log(differ)
		a.Fatal("the answer is not the model's")
	}
	n.count(q, ask, want, len(a.rows))
	return pagetest.Spots(got, q.list())
}

// tally counts what the questions come to, so that they cannot come to nothing unnoticed.
type tally struct{ questions, answers, refused, empty, filled, partial, followed int }

// count counts an answer of so many rows of a list that has so many of all there are.
func (n *tally) count(followed bool, rows, total, all int) {
	for count, is := range map[*int]bool{
		&n.empty: total == 0, &n.filled: rows > 0, &n.partial: rows > 0 && total < all/2, &n.followed: followed,
	} {
		if is {
			*count++
		}
	}
}

// few says whether there were so few questions that any of them may be wanting by chance.
func (n *tally) few() bool { return n.questions < 500 }

// report tells the counts, and fails when there is too little of anything.
func (n *tally) report(t *testing.T) {
	t.Helper()
	t.Logf("%+v", *n)
	if n.few() {
		return
	}
	if n.filled < n.questions/2 || min(n.refused, n.empty, n.partial, n.followed) < n.questions/50 {
		t.Errorf("%+v: they try too little", *n)
	}
}

// searches are a tally that tells of searches, too: those that find something, and how many of them have a word of one
// or two characters.
type searches struct {
	tally
	found, short int
}

func (n *searches) count(q question, ask productAsk, want pagetest.Answer[*ent.Product], all int) {
	n.tally.count(ask.After != nil || ask.Before != nil, len(want.Rows), want.Total, all)
	words := wordsOf(q.search)
	if len(words) > 0 && len(want.Rows) > 0 {
		n.found++
		if slices.ContainsFunc(words, func(word string) bool { return utf8.RuneCountInString(word) < 3 }) {
			n.short++
		}
	}
}

func (n *searches) report(t *testing.T) {
	t.Helper()
	n.tally.report(t)
	t.Logf("%d searches find something, %d of them by a word of one or two characters", n.found, n.short)
	if !n.few() && min(n.found-n.short, n.short) < n.questions/50 {
		t.Error("they try too little")
	}
}
