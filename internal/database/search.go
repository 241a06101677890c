package database

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/gatehouse/gatehouse/ent/product"
)

// trigram is how many characters in a row the indexes know.
const trigram = 3

// ProductsWith narrows a query of products to those that may have all of the folded words in their folded
// texts, each in any of them: all that do are among them. Which of them do is for another condition to tell.
// Words of fewer than three characters narrow nothing, and nothing does where there is no index.
func (db *DB) ProductsWith(ctx context.Context, words []string) (func(*entsql.Selector), error) {
	if db.Dialect() == dialect.Postgres {
		return withTrigrams(words), nil
	}
	match := matching(words)
	if match == "" {
		return everything, nil
	}
	// Asked for each search: a program without FTS5 may have begun to write to the same database.
	if indexed, err := db.HasSearchIndex(ctx); err != nil || !indexed {
		return everything, err
	}
	return func(s *entsql.Selector) {
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.WriteString(s.C("id") + " IN (SELECT rowid FROM product_search WHERE product_search MATCH ").Arg(match).WriteString(")")
		}))
	}, nil
}

// withTrigrams narrows by LIKE, for which PostgreSQL has an index of trigrams.
func withTrigrams(words []string) func(*entsql.Selector) {
	literally := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	return func(s *entsql.Selector) {
		for _, word := range words {
			if utf8.RuneCountInString(word) < trigram {
				continue
			}
			var places []*entsql.Predicate
			for _, column := range []string{product.FieldNameKey, product.FieldSkuKey, product.FieldDescriptionKey} {
				places = append(places, entsql.P(func(b *entsql.Builder) {
					b.WriteString(s.C(column) + " LIKE ").Arg("%" + literally.Replace(word) + "%")
				}))
			}
			s.Where(entsql.Or(places...))
		}
	}
}

func everything(*entsql.Selector) {}

// matching is what FTS5 is asked for, in its own language: each three characters in a row of any of the words,
// as a string, in which nothing but the quote has a meaning.
func matching(words []string) string {
	var parts []string
	for _, word := range words {
		characters := []rune(word)
		for i := range len(characters) - trigram + 1 {
			parts = append(parts, `"`+strings.ReplaceAll(string(characters[i:i+trigram]), `"`, `""`)+`"`)
		}
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " AND ")
}

// Position writes the SQL for where a text first occurs in a column: 1 is its beginning, 0 is nowhere. They are
// compared byte by byte, and nothing in the text has a meaning. It is null where the column is.
func Position(b *entsql.Builder, column, text string) {
	function := "instr"
	if b.Dialect() == dialect.Postgres {
		function = "strpos"
	}
	b.WriteString(function + "(" + column + ", ").Arg(text).WriteString(")")
}
