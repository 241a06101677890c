//go:build cgo && !windows

package sqlitepack_test

import (
	"database/sql"
	"math"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	_ "github.com/mattn/go-sqlite3"

	"github.com/gatehouse/gatehouse/internal/database/sqlitepack"
)

func open(t *testing.T) *sql.DB {
	t.Helper()
	if err := sqlitepack.Add(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

// read asks for so many columns, and answers the values one after the other.
func read(t *testing.T, db *sql.DB, query string, columns int, args ...any) (values []sqlitepack.Value) {
	t.Helper()
	var packed sql.RawBytes
	rows, err := db.QueryContext(t.Context(), sqlitepack.Query(query, columns), args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if !rows.Next() {
		t.Fatalf("no row: %v", rows.Err())
	}
	if err := rows.Scan(&packed); err != nil {
		t.Fatal(err)
	}
	r := sqlitepack.NewReader(string(packed))
	for r.More() {
		value, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	return values
}

func TestValues(t *testing.T) {
	db := open(t)
	long := strings.Repeat("ß", 1<<20)
	got := read(t, db, `SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?`, 10,
		int64(math.MinInt64), int64(math.MaxInt64), 0, 0.5, "", "a\x00b", long, []byte{}, []byte{0, 255}, nil)
	want := []sqlitepack.Value{
		{Kind: sqlitepack.Integer, Number: math.MinInt64},
		{Kind: sqlitepack.Integer, Number: math.MaxInt64},
		{Kind: sqlitepack.Integer},
		{Kind: sqlitepack.Float, Number: int64(math.Float64bits(0.5))},
		{Kind: sqlitepack.Text},
		{Kind: sqlitepack.Text, Text: "a\x00b"},
		{Kind: sqlitepack.Text, Text: long},
		{Kind: sqlitepack.Blob},
		{Kind: sqlitepack.Blob, Text: "\x00\xff"},
		{Kind: sqlitepack.Null},
	}
	if !reflect.DeepEqual(got, want) {
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("value %d is of kind %d: %d, %.20q", i, got[i].Kind, got[i].Number, got[i].Text)
			}
		}
	}
	if got := read(t, db, `SELECT 1, 2 WHERE 1 = 0`, 2); got != nil {
		t.Errorf("no rows are %v", got)
	}
}

// Texts are UTF-8, whatever a database has them as.
func TestUTF16(t *testing.T) {
	db := open(t)
	if _, err := db.ExecContext(t.Context(), `PRAGMA encoding = 'UTF-16'; CREATE TABLE word (text); INSERT INTO word VALUES ('Möbius'), (''), (x'00ff')`); err != nil {
		t.Fatal(err)
	}
	want := []sqlitepack.Value{{Kind: sqlitepack.Text, Text: "Möbius"}, {Kind: sqlitepack.Text}, {Kind: sqlitepack.Blob, Text: "\x00\xff"}}
	if got := read(t, db, `SELECT text FROM word ORDER BY rowid`, 1); !reflect.DeepEqual(got, want) {
		t.Errorf("texts are %v", got)
	}
}

// Whoever keeps a text of a large page does not keep the page.
func TestTextsOfLargePagesAreCopies(t *testing.T) {
	db := open(t)
	held := func(length int) (page, text string) {
		if err := db.QueryRowContext(t.Context(), sqlitepack.Query(`SELECT ?, 'short'`, 2), strings.Repeat("x", length)).Scan(&page); err != nil {
			t.Fatal(err)
		}
		r := sqlitepack.NewReader(page)
		for r.More() {
			value, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			text = value.Text
		}
		return page, text
	}
	for length, copied := range map[int]bool{1000: false, 100_000: true} {
		page, text := held(length)
		end := unsafe.StringData(page[len(page)-len(text):])
		if text != "short" || (unsafe.StringData(text) != end) != copied {
			t.Errorf("%q of a page of %d bytes is a copy: %t", text, len(page), !copied)
		}
	}
}

// The order of a query stays, whether it is limited, joined, of several queries, or neither.
func TestOrder(t *testing.T) {
	db := open(t)
	if _, err := db.ExecContext(t.Context(), `
		CREATE TABLE thing (id INTEGER PRIMARY KEY, rank INTEGER);
		WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) INSERT INTO thing SELECT x, (x * 7919) % 1009 FROM n;
		CREATE TABLE other (id INTEGER PRIMARY KEY, rank INTEGER); INSERT INTO other SELECT * FROM thing`); err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		`SELECT rank, id FROM thing ORDER BY rank`,
		`SELECT rank, id FROM thing ORDER BY rank DESC LIMIT 400 OFFSET 3`,
		`SELECT thing.rank, other.id FROM thing LEFT JOIN other ON other.id = thing.id ORDER BY thing.rank, other.id`,
		`SELECT * FROM (SELECT rank, id FROM thing ORDER BY rank LIMIT 10) UNION ALL SELECT * FROM (SELECT rank, id FROM other ORDER BY rank LIMIT 10) ORDER BY 1 DESC, 2`,
		`SELECT rank, id FROM thing ORDER BY NULLIF(rank % 7, 3) DESC NULLS LAST, id LIMIT 50`,
		`SELECT shelf.value, thing.id FROM json_each('[3,1,2]') AS shelf JOIN thing ON thing.id IN (
			SELECT other.id FROM other WHERE other.rank % 4 = shelf.value ORDER BY other.rank DESC LIMIT 5) ORDER BY shelf.value DESC, thing.rank`,
		`WITH RECURSIVE up (x, y) AS (SELECT 500, 1 UNION ALL SELECT x / 2, y + 1 FROM up WHERE x > 1) SELECT x, y FROM up ORDER BY y DESC`,
		`SELECT DISTINCT rank % 10, rank FROM thing ORDER BY 1 DESC, 2 DESC`,
	} {
		want := readPlainly(t, db, query)
		if got := read(t, db, query, 2); !reflect.DeepEqual(got, want) || len(got) == 0 {
			t.Errorf("%s: %d values in another order, or others", query, len(got))
		}
	}
}

// readPlainly asks for two columns of whole numbers, and answers them one after the other.
func readPlainly(t *testing.T, db *sql.DB, query string) (values []sqlitepack.Value) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		first, second := sqlitepack.Value{Kind: sqlitepack.Integer}, sqlitepack.Value{Kind: sqlitepack.Integer}
		if err := rows.Scan(&first.Number, &second.Number); err != nil {
			t.Fatal(err)
		}
		values = append(values, first, second)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// A query may have as many columns as are told, and no view or trigger of a database may call the function.
func TestFunction(t *testing.T) {
	db := open(t)
	got := read(t, db, "SELECT 1"+strings.Repeat(", 1", sqlitepack.Most-1), sqlitepack.Most)
	if len(got) != sqlitepack.Most {
		t.Errorf("%d values of %d", len(got), sqlitepack.Most)
	}
	if _, err := db.ExecContext(t.Context(), `CREATE VIEW packing AS SELECT gatehouse_pack(1)`); err != nil {
		t.Fatal(err)
	}
	var packed []byte
	if err := db.QueryRowContext(t.Context(), `SELECT * FROM packing`).Scan(&packed); err == nil {
		t.Error("a view called the function")
	}
}

// What is cut off, anywhere, is an error, and not another value.
func TestCutOff(t *testing.T) {
	db := open(t)
	var packed string
	if err := db.QueryRowContext(t.Context(), sqlitepack.Query(`SELECT 1, 'text', NULL, 'more'`, 4)).Scan(&packed); err != nil {
		t.Fatal(err)
	}
	for length := range packed {
		r := sqlitepack.NewReader(packed[:length])
		var err error
		read := 0
		for ; err == nil && read < 4; read++ {
			_, err = r.Next()
		}
		if err == nil {
			t.Errorf("%d of %d bytes were read", length, len(packed))
		}
	}
	if _, err := sqlitepack.NewReader("\x06").Next(); err == nil {
		t.Error("a value of no kind was read")
	}
}
