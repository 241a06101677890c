package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestCoercion gives each kind of input what it does not take, as a literal, as a variable and within others, and wants
// the code, the place and the words of the refusal. What is of the wrong type is refused before anything runs; what is
// outside of a scalar's range, by the field that it was for.
func TestCoercion(t *testing.T) {
	a := newAPI(t)
	type object = map[string]any
	type list = []any
	number := func(digits string) json.Number { return json.Number(digits) }
	const (
		invalid = "GRAPHQL_VALIDATION_FAILED"
		bad     = "BAD_USER_INPUT"

		intRange  = "an Int lies between -2147483648 and 2147483647"
		noDecimal = "not a decimal number: write digits with an optional point, at most 20 characters, no exponent"
		decimal   = `a Decimal is a string such as "18.00"`
		rfc3339   = "a DateTime is written as in RFC 3339: 2026-01-31T09:30:00Z"

		first  = `query ($v: Int) { products(first: $v) { totalCount } }`
		where  = `query ($v: ProductWhere) { products(where: $v) { totalCount } }`
		id     = `query ($v: ID!) { node(id: $v) { id } }`
		ids    = `query ($v: [ID!]!) { nodes(ids: $v) { id } }`
		order  = `query ($v: [ProductOrder!]) { products(orderBy: $v) { totalCount } }`
		search = `query ($v: String) { products(search: $v) { totalCount } }`
		by     = `query ($v: ProductBy!) { product(by: $v) { id } }`
		create = `mutation ($v: ProductCreateInput!) { productCreate(input: $v) { product { id } } }`
	)
	absent := struct{}{}
	for _, tt := range []struct {
		query, code, path, message string
		value                      any // of the variable; absent: there is none
	}{
		// Int has 32 bits.
		{first, bad, "products.first", intRange, number("2147483648")},
		{first, bad, "products.first", intRange, number("-2147483649")},
		{first, invalid, "variable.v", "cannot use this number as Int", number("1.5")},
		{first, invalid, "variable.v", "cannot use this number as Int", number("1.0")},
		{first, invalid, "variable.v", "cannot use this number as Int", number("1e1")},
		{first, invalid, "variable.v", "cannot use this number as Int", number("99999999999999999999")},
		{first, invalid, "variable.v", "cannot use string as Int", "5"},
		{first, invalid, "variable.v", "cannot use bool as Int", true},
		{first, invalid, "variable.v", "cannot use list as Int", list{number("1")}},
		{first, invalid, "variable.v", "cannot use object as Int", object{}},
		{where, bad, "products.where.stock.gte", intRange, object{"stock": object{"gte": number("2147483648")}}},
		{where, bad, "products.where.and.1.stock.gte", intRange, object{"and": list{object{}, object{"stock": object{"gte": number("2147483648")}}}}},
		{where, invalid, "variable.v.stock.gte", "cannot use this number as Int", object{"stock": object{"gte": number("1.5")}}},
		{where, invalid, "variable.v.and.1.stock.gte", "cannot use string as Int", object{"and": list{object{}, object{"stock": object{"gte": "5"}}}}},
		{`query ($v: Int) { products(where: {stock: {gte: $v}}) { totalCount } }`, bad, "products.where.stock.gte", intRange, number("2147483648")},
		{`query ($v: Int = 2147483648) { products(first: $v) { totalCount } }`, bad, "products.first", intRange, absent},
		{`query ($v: Int = 1.5) { products(first: $v) { totalCount } }`, invalid, "", "Int cannot represent non-integer value.", absent},
		{`{ products(first: 2147483648) { totalCount } }`, bad, "products.first", intRange, absent},
		{`{ products(first: -2147483649) { totalCount } }`, bad, "products.first", intRange, absent},
		{`{ products(where: {and: [{stock: {gte: 2147483648}}]}) { totalCount } }`, bad, "products.where.and.0.stock.gte", intRange, absent},
		{`{ products(first: 99999999999999999999) { totalCount } }`, invalid, "", "Int cannot represent non 32-bit signed integer value.", absent},
		{`{ products(first: 1.0) { totalCount } }`, invalid, "", "Int cannot represent non-integer value.", absent},
		{`{ products(first: "1") { totalCount } }`, invalid, "", "Int cannot represent non-integer value.", absent},
		{`{ products(first: [1]) { totalCount } }`, invalid, "", "Int cannot represent non-integer value.", absent},

		// ID is a string or a whole number, String a string, Boolean a boolean.
		{id, invalid, "variable.v", "cannot use this number as ID", number("1.5")},
		{id, invalid, "variable.v", "cannot use bool as ID", true},
		{id, invalid, "variable.v", "cannot use object as ID", object{"id": "1"}},
		{id, invalid, "variable.v", "cannot be null", nil},
		{id, invalid, "variable.v", "must be defined", absent},
		{ids, invalid, "variable.v.1", "cannot use this number as ID", list{"1", number("0.5")}},
		{ids, invalid, "variable.v.1", "cannot be null", list{"1", nil}},
		{ids, invalid, "variable.v.1", "cannot use list as ID", list{"1", list{"2"}}},
		{ids, invalid, "variable.v.0", "cannot use object as ID", object{"a": "1"}},
		{`{ node(id: 1.5) { id } }`, invalid, "", "ID cannot represent a non-string and non-integer value.", absent},
		{`{ node(id: null) { id } }`, invalid, "", `Expected value of type "ID!".`, absent},
		{`{ nodes(ids: ["1", null]) { id } }`, invalid, "", `Expected value of type "ID!".`, absent},
		{search, bad, "products.search", "a String is a string", number("5")},
		{search, invalid, "variable.v", "cannot use bool as String", false},
		{create, bad, "productCreate.input.name", "a String is a string", object{"name": number("5"), "price": "1", "category": "1"}},
		{`{ products(search: 5) { totalCount } }`, invalid, "", "String cannot represent a non string value.", absent},
		{where, invalid, "variable.v.inStock", "cannot use string as Boolean", object{"inStock": "true"}},
		{where, invalid, "variable.v.inStock", "cannot use number as Boolean", object{"inStock": number("1")}},
		{`query ($v: Boolean!) { __typename @include(if: $v) }`, invalid, "variable.v", "cannot use string as Boolean", "true"},
		{`query ($v: Boolean = true) { __typename @include(if: $v) }`, invalid, "variable.v", "cannot be null", nil},
		{`query ($v: Boolean = true) { products { ...F } } fragment F on ProductConnection { totalCount @skip(if: $v) }`, invalid, "variable.v", "cannot be null", nil},

		// Decimal and DateTime.
		{where, bad, "products.where.price.eq", noDecimal, object{"price": object{"eq": "abc"}}},
		{where, bad, "products.where.price.eq", noDecimal, object{"price": object{"eq": number("1e3")}}},
		{where, bad, "products.where.price.eq", decimal, object{"price": object{"eq": true}}},
		{where, bad, "products.where.price.eq", decimal, object{"price": object{"eq": list{"1"}}}},
		{`query ($v: Decimal) { products(where: {price: {eq: $v}}) { totalCount } }`, bad, "products.where.price.eq", noDecimal, "abc"},
		{`query ($v: Decimal = "abc") { products(where: {price: {eq: $v}}) { totalCount } }`, bad, "products.where.price.eq", noDecimal, absent},
		{`{ products(where: {price: {eq: "1,5"}}) { totalCount } }`, bad, "products.where.price.eq", noDecimal, absent},
		{`{ products(where: {price: {eq: 1e3}}) { totalCount } }`, bad, "products.where.price.eq", noDecimal, absent},
		{`{ products(where: {price: {eq: cheap}}) { totalCount } }`, bad, "products.where.price.eq", noDecimal, absent},
		{`{ products(where: {price: {eq: true}}) { totalCount } }`, bad, "products.where.price.eq", decimal, absent},
		{create, bad, "productCreate.input.price", noDecimal, object{"name": "x", "price": number("1e5"), "category": "1"}},
		{where, bad, "products.where.createdAt.gte", rfc3339, object{"createdAt": object{"gte": "2026-01-31"}}},
		{where, bad, "products.where.createdAt.gte", "a DateTime is a string", object{"createdAt": object{"gte": number("1")}}},
		{`{ products(where: {createdAt: {gte: "yesterday"}}) { totalCount } }`, bad, "products.where.createdAt.gte", rfc3339, absent},
		{`{ products(where: {createdAt: {gte: 1}}) { totalCount } }`, bad, "products.where.createdAt.gte", "a DateTime is a string", absent},

		// Enums.
		{order, invalid, "variable.v.0.field", "WEIGHT is not a valid ProductOrderField", list{object{"field": "WEIGHT"}}},
		{order, bad, "variable.v.0.field", "ProductOrderField has no such value", list{object{"field": "name"}}},
		{order, bad, "variable.v.0.field", "ProductOrderField has no such value", object{"field": "Name"}},
		{order, invalid, "variable.v.0.field", "cannot use number as ProductOrderField", list{object{"field": number("1")}}},
		{order, invalid, "variable.v.0.field", "cannot use bool as ProductOrderField", list{object{"field": true}}},
		{order, bad, "variable.v.0.direction", "OrderDirection has no such value", list{object{"field": "NAME", "direction": "asc"}}},
		{order, invalid, "variable.v.0.direction", "cannot be null", list{object{"field": "NAME", "direction": nil}}},
		{order, invalid, "variable.v.0.field", "must be defined", list{object{"direction": "ASC"}}},
		{`{ products(orderBy: [{field: "NAME"}]) { totalCount } }`, invalid, "", `Enum "ProductOrderField!" cannot represent non-enum value.`, absent},
		{`{ products(orderBy: [{field: WEIGHT}]) { totalCount } }`, invalid, "", `Value "WEIGHT" does not exist in "ProductOrderField!" enum.`, absent},
		{`{ products(orderBy: [{field: NAME, direction: null}]) { totalCount } }`, invalid, "", `Expected value of type "OrderDirection!".`, absent},

		// Input objects.
		{where, invalid, "variable.v.weight", "unknown field", object{"weight": "1"}},
		{where, invalid, "variable.v.not.and.0.weight", "unknown field", object{"not": object{"and": list{object{"weight": "1"}}}}},
		{where, invalid, "variable.v.__typename", "unknown field", object{"__typename": "ProductWhere"}},
		{where, invalid, "variable.v", "must be a ProductWhere, not a list", list{object{}}},
		{where, invalid, "variable.v", "must be a ProductWhere, not a string", "x"},
		{where, invalid, "variable.v.and.0", "cannot be null", object{"and": list{nil}}},
		{create, invalid, "variable.v.price", "must be defined", object{"name": "x", "category": "1"}},
		{create, invalid, "variable.v.price", "cannot be null", object{"name": "x", "category": "1", "price": nil}},
		{`{ products(where: {weight: 1}) { totalCount } }`, invalid, "", `Field "weight" is not defined by type "ProductWhere".`, absent},

		// @oneOf.
		{by, bad, "variable.v", "exactly one field of ProductBy must be given, and not as null", object{}},
		{by, bad, "variable.v", "exactly one field of ProductBy must be given, and not as null", object{"id": "1", "slug": "chai"}},
		{by, bad, "variable.v", "exactly one field of ProductBy must be given, and not as null", object{"id": nil, "slug": "chai"}},
		{by, bad, "variable.v", "exactly one field of ProductBy must be given, and not as null", object{"slug": nil}},
		{by, bad, "product.by.slug", "a String is a string", object{"slug": number("1")}},
		{by, invalid, "variable.v.__typename", "unknown field", object{"slug": "chai", "__typename": "ProductBy"}},
		{`{ product(by: {}) { id } }`, bad, "", `OneOf Input Object "ProductBy" must specify exactly one key.`, absent},
		{`{ product(by: {id: 1, slug: "chai"}) { id } }`, bad, "", `OneOf Input Object "ProductBy" must specify exactly one key.`, absent},
		{`query ($v: String) { product(by: {slug: $v}) { id } }`, invalid, "", `Variable "$v" is of type "String" but must be non-nullable to be used for OneOf Input Object "ProductBy".`, "chai"},

		// Variables where they do not belong.
		{`query ($v: Int) { node(id: $v) { id } }`, invalid, "", `Variable "$v" of type "Int" used in position expecting type "ID!".`, number("1")},
		{`query ($v: ID) { node(id: $v) { id } }`, invalid, "", `Variable "$v" of type "ID" used in position expecting type "ID!".`, "1"},
		{`query ($v: Product) { node(id: $v) { id } }`, invalid, "", `Variable "$v" of type "Product" used in position expecting type "ID!".`, "1"},
		{`query ($v: Nope) { node(id: $v) { id } }`, invalid, "", `Unknown type "Nope".`, "1"},
	} {
		variables := object{"v": tt.value}
		if tt.value == any(absent) {
			variables = nil
		}
		reply := a.ask(tt.query, variables, "")
		var answer struct {
			Errors []struct {
				Message    string
				Path       []any
				Extensions struct{ Code string }
			}
			Data json.RawMessage
		}
		if err := json.Unmarshal([]byte(reply), &answer); err != nil || len(answer.Errors) == 0 {
			t.Errorf("%s with %v: %s", tt.query, tt.value, cut(reply))
			continue
		}
		first := answer.Errors[0]
		steps := make([]string, len(first.Path))
		for i, step := range first.Path {
			steps[i] = fmt.Sprint(step)
		}
		if path := strings.Join(steps, "."); path != tt.path || first.Message != tt.message || first.Extensions.Code != tt.code {
			t.Errorf("%s with %v:\n%s at %q: %s\nwant %s at %q: %s", tt.query, tt.value, first.Extensions.Code, path, first.Message, tt.code, tt.path, tt.message)
		}
		if executed := strings.HasPrefix(tt.path, "product"); executed == (answer.Data == nil) {
			t.Errorf("%s with %v: data is %s", tt.query, tt.value, answer.Data)
		}
	}
}

// TestCoercionTakesWhatIsRight gives the other side of it.
func TestCoercionTakesWhatIsRight(t *testing.T) {
	a := newAPI(t)
	type object = map[string]any
	for _, tt := range []struct {
		query     string
		variables object
		want      string
	}{
		{`query ($v: Int) { products(first: $v) { totalCount } }`, nil, `{"products":{"totalCount":69}}`},
		{`query ($v: Int) { products(first: $v) { totalCount } }`, object{"v": nil}, `{"products":{"totalCount":69}}`},
		{`query ($v: Int = 1) { products(first: $v) { nodes { name } } }`, nil, `{"products":{"nodes":[{"name":"Aniseed Syrup"}]}}`},
		{`query ($v: Int = 1) { products(first: $v) { nodes { name } } }`, object{"v": json.Number("0")}, `{"products":{"nodes":[]}}`},
		{`query ($v: ID!) { product(by: {id: $v}) { name } }`, object{"v": json.Number("12884901889")}, `{"product":{"name":"Chai"}}`},
		{`query ($v: ID!) { product(by: {id: $v}) { name } }`, object{"v": json.Number("12884901889.0")}, `{"product":null}`}, // a whole number, but no id is written so
		{`query ($v: [ID!]!) { nodes(ids: $v) { id } }`, object{"v": "12884901889"}, `{"nodes":[{"id":"12884901889"}]}`},
		{`query ($v: [ProductOrder!]) { products(first: 1, orderBy: $v) { nodes { name } } }`, object{"v": object{"field": "PRICE", "direction": "DESC"}}, `{"products":{"nodes":[{"name":"Côte de Blaye"}]}}`},
		{`query ($v: [ProductOrder!]) { products(first: 1, orderBy: $v) { nodes { name } } }`, object{"v": object{"field": "PRICE"}}, `{"products":{"nodes":[{"name":"Geitost"}]}}`},
		{`query ($v: ProductWhere) { products(where: $v) { totalCount } }`, object{"v": object{"and": object{"name": object{"eq": "Chai"}}, "or": nil}}, `{"products":{"totalCount":1}}`},
		{`query ($v: ProductBy!) { product(by: $v) { name } }`, object{"v": object{"slug": "chai"}}, `{"product":{"name":"Chai"}}`},
		{`query ($v: Decimal) { products(where: {price: {eq: $v}}) { totalCount } }`, object{"v": json.Number("31.23")}, `{"products":{"totalCount":1}}`},
		{`{ __typename }`, object{"unasked": object{"deep": []any{1}}}, `{"__typename":"Query"}`},
	} {
		if reply := a.ask(tt.query, tt.variables, ""); reply != `{"data":`+tt.want+`}` {
			t.Errorf("%s with %v: %s\nwant %s", tt.query, tt.variables, cut(reply), tt.want)
		}
	}
}
