package productfile_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/ent"
	"github.com/gatehouse/gatehouse/internal/productfile"
)

func TestGuard(t *testing.T) {
	for text, want := range map[string]string{
		"":                  "",
		"Tea":               "Tea",
		"5 - 3":             "5 - 3",
		"'quoted'":          "'quoted'",
		`=HYPERLINK("x")`:   `'=HYPERLINK("x")`,
		"+1":                "'+1",
		"-5 °C":             "'-5 °C",
		"@SUM(A1)":          "'@SUM(A1)",
		"\tx":               "'\tx",
		"\r\n=x":            "'\r\n=x",
		"＝1+1":              "'＝1+1",
		"'=already guarded": "''=already guarded",
		"'":                 "'",
	} {
		if got := productfile.Guard(text); got != want {
			t.Errorf("%q is guarded as %q, want %q", text, got, want)
		}
	}
}

// FuzzWrittenIsRead: whatever text a product has, it is read as it was written, and no spreadsheet takes it for
// a formula.
func FuzzWrittenIsRead(f *testing.F) {
	for _, text := range []string{"", "a", "=x", "''-1", "a\r\nb", "\r", "\"", "a,\"b\"", "\n", " x ", "\ufeff", "'\r\n", "#x", `\.`, "\r\r\n\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		var file strings.Builder
		w, err := productfile.NewWriter(&file)
		if err != nil {
			t.Fatal(err)
		}
		p := &ent.Product{Name: "N", Description: text, Edges: ent.ProductEdges{Category: &ent.Category{Slug: "c"}}}
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		rows, err := readAll(strings.NewReader(file.String()))
		if err != nil || len(rows) != 1 || len(rows[0].Mistakes) > 0 || *rows[0].Changes.Description.Value() != text {
			t.Fatalf("%q was written as %q and read as %v, %v", text, file.String(), rows, err)
		}
		records, err := csv.NewReader(strings.NewReader(file.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if cell := records[1][3]; cell != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(cell)[0]) {
			t.Errorf("%q is a formula", cell)
		}
	})
}
