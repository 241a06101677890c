package catalog_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/gatehouse/gatehouse/internal/auth"
	"github.com/gatehouse/gatehouse/internal/catalog"
	"github.com/gatehouse/gatehouse/internal/fault"
	"github.com/gatehouse/gatehouse/internal/page"
)

// cursorOf forges a cursor.
func cursorOf(text string) *string {
	return new(base64.RawURLEncoding.EncodeToString([]byte(text)))
}

// A cursor is opaque, so whatever is no cursor of this list and order is refused, and nothing breaks.
func TestForgedCursors(t *testing.T) {
	w := build(t)
	w.stock(t, 30)
	ctx := as(t, w.ada)
	first := func(order ...catalog.ProductOrderField) string {
		got, err := w.Products(ctx, page.Args{First: new(3)}, nil, nil, byProduct(order...), fields("edges"))
		if err != nil {
			t.Fatal(err)
		}
		return *got.PageInfo.EndCursor
	}
	categories, err := w.Categories(ctx, page.Args{First: new(3)}, nil, nil, fields("edges"))
	if err != nil {
		t.Fatal(err)
	}
	byName, byPrice, byTime := byProduct("NAME"), byProduct("PRICE"), byProduct("CREATED_AT")
	good := first("NAME")
	for _, tt := range []struct {
		name   string
		order  []*catalog.ProductOrder
		cursor string
	}{
		{"empty", byName, ""},
		{"no base64", byName, "%%%"},
		{"base64 of the other alphabet", byName, *cursorOf("[\"product NAME\",\"\u07ff\xff\",1]") + "+/"},
		{"padded", byName, base64.URLEncoding.EncodeToString([]byte(`["product NAME","xx",1]`)) + "="},
		{"truncated", byName, good[:len(good)-1]},
		{"truncated by a quantum", byName, good[:len(good)-4]},
		{"more behind it", byName, good + "AAAA"},
		{"a row number", byName, "5"},
		{"another order", byPrice, good},
		{"another direction", byProduct("NAME-"), good},
		{"one level more", byProduct("NAME", "PRICE"), good},
		{"one level less", byName, first("NAME", "PRICE")},
		{"another list", byName, *categories.PageInfo.EndCursor},

		{"no array", byName, *cursorOf(`{"product NAME":"x"}`)},
		{"nothing", byName, *cursorOf(``)},
		{"null", byName, *cursorOf(`null`)},
		{"an empty array", byName, *cursorOf(`[]`)},
		{"two arrays", byName, *cursorOf(`["product NAME","x",1]["product NAME","x",1]`)},
		{"no values", byName, *cursorOf(`["product NAME"]`)},
		{"no id", byName, *cursorOf(`["product NAME","x"]`)},
		{"too many values", byName, *cursorOf(`["product NAME","x","y",1]`)},
		{"fingerprint null", byName, *cursorOf(`[null,"x",1]`)},
		{"fingerprint a number", byName, *cursorOf(`[1,"x",1]`)},
		{"fingerprint in another case", byName, *cursorOf(`["product name","x",1]`)},
		{"text null", byName, *cursorOf(`["product NAME",null,1]`)},
		{"text a number", byName, *cursorOf(`["product NAME",1,1]`)},
		{"text an array", byName, *cursorOf(`["product NAME",["x"],1]`)},
		{"number null", byPrice, *cursorOf(`["product PRICE",null,1]`)},
		{"number a text", byPrice, *cursorOf(`["product PRICE","1",1]`)},
		{"number with a point", byPrice, *cursorOf(`["product PRICE",1.5,1]`)},
		{"number with an exponent", byPrice, *cursorOf(`["product PRICE",1e3,1]`)},
		{"number too large", byPrice, *cursorOf(`["product PRICE",9223372036854775808,1]`)},
		{"number true", byPrice, *cursorOf(`["product PRICE",true,1]`)},
		{"time null", byTime, *cursorOf(`["product CREATED_AT",null,1]`)},
		{"time a number", byTime, *cursorOf(`["product CREATED_AT",1769860800,1]`)},
		{"time no time", byTime, *cursorOf(`["product CREATED_AT","yesterday",1]`)},
		{"time a month too many", byTime, *cursorOf(`["product CREATED_AT","2026-13-01T00:00:00Z",1]`)},
		{"id null", byName, *cursorOf(`["product NAME","x",null]`)},
		{"id a text", byName, *cursorOf(`["product NAME","x","1"]`)},
		{"id with a point", byName, *cursorOf(`["product NAME","x",1.0]`)},
		{"id too large", byName, *cursorOf(`["product NAME","x",1e30]`)},
		{"id an object", byName, *cursorOf(`["product NAME","x",{}]`)},
		{"deep", byName, *cursorOf(strings.Repeat("[", 5000) + strings.Repeat("]", 5000))},
		{"huge", byName, *cursorOf(`["product NAME","` + strings.Repeat("x", 1<<20) + `",1]`)},
		{"huge nonsense", byName, strings.Repeat("!", 1<<20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, args := range []page.Args{
				{After: &tt.cursor}, {First: new(2), After: &tt.cursor}, {Last: new(2), Before: &tt.cursor}, {Before: &tt.cursor}, {First: new(0), After: &tt.cursor},
			} {
				_, err := w.Products(ctx, args, nil, nil, tt.order, fields("totalCount nodes"))
				wantCode(t, err, fault.BadUserInput)
			}
		})
	}
	_, err = w.Categories(ctx, page.Args{After: &good}, nil, nil, fields("nodes"))
	wantCode(t, err, fault.BadUserInput)
}

// A forged cursor that is well-formed is a place in the list like any other: it shows nothing else.
func TestPlausibleCursors(t *testing.T) {
	w := build(t)
	w.stock(t, 30)
	for _, tt := range []struct {
		order  catalog.ProductOrderField
		cursor string
	}{
		{"NAME", `["product NAME","",0]`},
		{"NAME", `["product NAME","\u0000",0]`},
		{"NAME", `["product NAME","\ud800",0]`},
		{"NAME", `["product NAME","' OR 1=1 --",0]`},
		{"NAME", ` [ "product NAME" , "x" , -5 ] `},
		{"PRICE", `["product PRICE",-9223372036854775808,9223372036854775807]`},
		{"PRICE-", `["product PRICE-",9223372036854775807,-9223372036854775808]`},
		{"CREATED_AT", `["product CREATED_AT","0000-01-01T00:00:00Z",0]`},
		{"CREATED_AT", `["product CREATED_AT","9999-12-31T23:59:59.999999999-23:59",0]`},
	} {
		for _, args := range []page.Args{{First: new(100), After: cursorOf(tt.cursor)}, {Last: new(100), Before: cursorOf(tt.cursor)}} {
			got, err := w.Products(anonymous(t), args, nil, nil, byProduct(tt.order), fields("nodes"))
			if err != nil {
				t.Errorf("%s: %v", tt.cursor, err)
				continue
			}
			for _, p := range got.Nodes {
				if !maySee(auth.Viewer{}, p) {
					t.Errorf("%s shows %v", tt.cursor, p)
				}
			}
		}
	}
}
