package productfile_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/productfile"
)

const header = "sku,name,slug,description,price,stock,category,is_published\n"

// readAll reads all rows of a file, or as many as there are until an error.
func readAll(file io.Reader) (rows []catalog.ImportRow, err error) {
	reader, err := productfile.NewReader(file)
	for err == nil {
		var row catalog.ImportRow
		if row, err = reader.Read(); err == nil {
			rows = append(rows, row)
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return rows, err
}

// told is a row as a text: what it says of each column, and what is wrong with it.
func told(row catalog.ImportRow) string {
	text := fmt.Sprintf("%d:", row.Line)
	add := func(column string, value any, set bool) {
		if set {
			text += fmt.Sprintf(" %s=%v", column, value)
		}
	}
	c := row.Changes
	quoted := func(s *string) string {
		if s == nil {
			return "none"
		}
		return fmt.Sprintf("%q", *s)
	}
	add("sku", quoted(c.SKU.Value()), c.SKU.IsSet())
	add("name", quoted(c.Name.Value()), c.Name.IsSet())
	add("slug", quoted(c.Slug.Value()), c.Slug.IsSet())
	add("description", quoted(c.Description.Value()), c.Description.IsSet())
	if c.Price.IsSet() {
		add("price", *c.Price.Value(), true)
	}
	if c.Stock.IsSet() {
		add("stock", *c.Stock.Value(), true)
	}
	add("category", row.Category, row.Category != "")
	if c.IsPublished.IsSet() {
		add("is_published", *c.IsPublished.Value(), true)
	}
	for _, m := range row.Mistakes {
		text += fmt.Sprintf(" !%s %s", productfile.Column(m), m.Code)
	}
	return text
}

func TestRead(t *testing.T) {
	for _, tt := range []struct {
		name, file string
		want       []string
	}{
		{"every column", header + "S,N,s,D,1.50,3,c,true\n", []string{`2: sku="S" name="N" slug="s" description="D" price=1.5 stock=3 category=c is_published=true`}},
		{"in another order, with spaces around", " name , sku,category,price\n N , S , c , 1 \n", []string{`2: sku="S" name="N" price=1 category=c`}},
		{"empty cells", header + ",,,,,,,\n", []string{`2: sku=none name="" description="" !price REQUIRED !category REQUIRED`}},
		{"a byte order mark", "\ufeff" + header + "S,N,,,1,,c,\n", []string{`2: sku="S" name="N" description="" price=1 category=c`}},
		{"CRLF, and no line end at the end", strings.ReplaceAll(header, "\n", "\r\n") + "S,N,,,1,,c,\r\nT,N,,,1,,c,", []string{
			`2: sku="S" name="N" description="" price=1 category=c`, `3: sku="T" name="N" description="" price=1 category=c`,
		}},
		{"line breaks within a cell", header + "S,N,,\"a\nb\r\nc\rd\r\r\ne\",1,,c,\nT,N,,\"\r\n\",1,,c,", []string{
			`2: sku="S" name="N" description="a\nb\r\nc\rd\r\r\ne" price=1 category=c`, `6: sku="T" name="N" description="\r\n" price=1 category=c`,
		}},
		{"quotes and commas", header + "\"S\",\"a \"\"b\"\", c\",,\"\"\"\",1,,c,\n", []string{`2: sku="S" name="a \"b\", c" description="\"" price=1 category=c`}},
		{"guarded formulas", header + "'=S,'-5 °C,,''=x,1,,c,\n-S,=N,,'x,1,,c,\n", []string{
			`2: sku="=S" name="-5 °C" description="'=x" price=1 category=c`, `3: sku="-S" name="=N" description="'x" price=1 category=c`,
		}},
		{"blank lines", header + "\n\nS,N,,,1,,c,\n\n", []string{`4: sku="S" name="N" description="" price=1 category=c`}},
		{"too few and too many cells", header + "S,N\nS,N,,,1,,c,,\nT,N,,,1,,c,\n", []string{`2: !line INVALID`, `3: !line INVALID`, `4: sku="T" name="N" description="" price=1 category=c`}},
		{"prices", header + "S,N,,,1e5,,c,\nS,N,,,\"1,50\",,c,\nS,N,,,$1,,c,\nS,N,,,1.,,c,\n", []string{
			`2: sku="S" name="N" description="" category=c !price INVALID`, `3: sku="S" name="N" description="" category=c !price INVALID`,
			`4: sku="S" name="N" description="" category=c !price INVALID`, `5: sku="S" name="N" description="" category=c !price INVALID`,
		}},
		{"stocks", header + "S,N,,,1,1e5,c,\nS,N,,,1,1.0,c,\nS,N,,,1,4294967296,c,\nS,N,,,1,-1,c,\n", []string{
			`2: sku="S" name="N" description="" price=1 category=c !stock INVALID`, `3: sku="S" name="N" description="" price=1 category=c !stock INVALID`,
			`4: sku="S" name="N" description="" price=1 category=c !stock INVALID`, `5: sku="S" name="N" description="" price=1 stock=-1 category=c`,
		}},
		{"truths", header + "S,N,,,1,,c,TRUE\nS,N,,,1,,c,0\nS,N,,,1,,c,yes\n", []string{
			`2: sku="S" name="N" description="" price=1 category=c is_published=true`, `3: sku="S" name="N" description="" price=1 category=c is_published=false`,
			`4: sku="S" name="N" description="" price=1 category=c !is_published INVALID`,
		}},
		{"not UTF-8", header + "\xff,N\xe4,,\xc3,1,,c,\n", []string{`2: price=1 category=c !sku INVALID !name INVALID !description INVALID`}},
		{"only a header", header, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := readAll(strings.NewReader(tt.file))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows {
				got = append(got, told(row))
			}
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("read as\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	long := strings.Repeat("x", productfile.MaxRecord*2)
	for _, tt := range []struct{ name, file, want string }{
		{"nothing", "", "line 1: the file is empty: its first line must name the columns"},
		{"blank lines only", "\n\n", "line 1: the file is empty"},
		{"UTF-16", "\xff\xfes\x00k\x00u\x00", "line 1: the file is UTF-16"},
		{"an unknown column", "sku,name,price,category,colour\n", `line 1: there is no column "colour". The columns are sku, name,`},
		{"semicolons", "sku;name;price;category\n", `line 1: there is no column "sku;name;price;category"; column sku is missing; column name is missing; column price is missing; column category is missing.`},
		{"a column twice", "sku,name,price,category,sku\n", "line 1: column sku is there twice."},
		{"capitals", "SKU,name,price,category\n", `line 1: there is no column "SKU"; column sku is missing.`},
		{"a header of many lines", strings.Repeat("x,", 1000) + "\n", `line 1: there is no column "x"; there is no column "x"`},
		{"a quote within a cell", header + "S,N,,,1,,c,\nS,5\" pipe,,,1,,c,\n", "line 3: the quotes are wrong"},
		{"text after a quoted cell", header + "S,\"a\"b,,,1,,c,\n", "line 2: the quotes are wrong"},
		{"an open quote", header + "S,N,,,1,,c,\nS,\"N,,,1,,c,\n\n\nT,N,,,1,,c,\n", "line 3: the quotes are wrong"},
		{"a long line", header + "S,N,,\"a\nb\",1,,c,\n" + long, "line 4: this is longer than 262144 bytes"},
		{"a long cell", header + "S,N,,,1,,c,\n\"" + long, "line 3: this is longer than 262144 bytes"},
		{"a long header", long, "line 1: this is longer than 262144 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readAll(strings.NewReader(tt.file))
			var format *productfile.FormatError
			if !errors.As(err, &format) || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("error %.300v; want %s", err, tt.want)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// endless is a file without an end, of one byte over and over, after a beginning.
type endless struct {
	beginning io.Reader
	read      int
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.beginning.Read(p)
	if errors.Is(err, io.EOF) {
		for n = range p {
			p[n] = 'x'
		}
		n, err = len(p), nil
	}
	e.read += n
	return n, err
}

// TestALineWithoutEnd: not much more of it is read than a line may have.
func TestALineWithoutEnd(t *testing.T) {
	for _, beginning := range []string{"", header, header + "S,\""} {
		file := &endless{beginning: strings.NewReader(beginning)}
		if _, err := readAll(file); err == nil || file.read > 2*productfile.MaxRecord {
			t.Errorf("read %d bytes, %v", file.read, err)
		}
	}
}

// TestALongCell is one that the catalogue refuses and the reader does not.
func TestALongCell(t *testing.T) {
	name := strings.Repeat("é", productfile.MaxRecord/3)
	rows, err := readAll(strings.NewReader(header + "S," + name + ",,,1,,c,\nT,N,,,1,,c,\n"))
	if err != nil || len(rows) != 2 || *rows[0].Changes.Name.Value() != name {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// broken is a disk that fails.
type broken struct{}

var errBroken = errors.New("the disk is broken")

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func TestReadingFails(t *testing.T) {
	for _, beginning := range []string{"", header, header + "S,N,,,1,,c,\nT,\"a"} {
		if _, err := readAll(io.MultiReader(strings.NewReader(beginning), broken{})); !errors.Is(err, errBroken) {
			t.Errorf("after %q: %v", beginning, err)
		}
	}
}

// FuzzRead: no file panics, and a row is told where it stands.
func FuzzRead(f *testing.F) {
	for _, file := range []string{"", header, header + "S,N,,\"a\r\n\",1,,c,\n", header + "S,\"", "\ufeff" + header + "\x00,,,,,,,\r\n", header + "\r\r\n,\r"} {
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file string) {
		rows, _ := readAll(strings.NewReader(file))
		for i, row := range rows {
			if row.Line < 2+i || row.Line > 1+strings.Count(file, "\n") {
				t.Errorf("row %d stands in line %d", i, row.Line)
			}
		}
	})
}
