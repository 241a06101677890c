// Package operation has what is asked of every server: the documents, to the letter, as the floor knows no others.
package operation

import "encoding/json"

// Documents that every server answers.
const (
	Products10  = `{ products(first: 10) { edges { node { id name price category { id name } } } } }`
	Products100 = `{ products(first: 100) { edges { node { id name price category { id name } } } } }`
	TotalCount  = `{ products(first: 10) { totalCount edges { node { id name price category { id name } } } } }`
	Product     = `query ($id: ID!) { product(by: {id: $id}) { id name price category { id name } } }`
	Nested      = `{ categories(first: 10) { nodes { products(first: 3) { nodes { name } } } } }`
	Me          = `{ me { id username email } }`
)

// Documents that only Gatehouse answers.
const (
	After    = `query ($after: String) { products(first: 10, after: $after) { edges { node { id name price category { id name } } } } }`
	Filtered = `query ($after: String) { products(first: 10, after: $after, where: {price: {gte: "100.00"}, inStock: true}, orderBy: [{field: PRICE, direction: DESC}]) { edges { node { id name price } } } }`
	Search   = `{ products(first: 10, search: "copper kettle") { edges { node { id name price } } } }`
	Obtain   = `mutation ($username: String!, $password: String!) { tokenObtain(username: $username, password: $password) { access refresh } }`
	Refresh  = `mutation ($refresh: String!) { tokenRefresh(refresh: $refresh) { access refresh } }`
	Update   = `mutation ($id: ID!, $price: Decimal!) { productUpdate(id: $id, input: {price: $price}) { product { id } errors { message } } }`
	Changed  = `subscription ($ids: [ID!]) { productChanged(ids: $ids) { kind product { id name price } } }`
	Create   = `mutation ($name: String!, $category: ID!) { productCreate(input: {name: $name, price: "12.50", category: $category}) { product { id } errors { message } } }`
)

// Variables of an operation.
type Variables map[string]any

// Operation is asked over and over, in the same words.
type Operation struct {
	Name      string // for people
	Query     string
	Variables Variables
	Signed    bool // carries an access token
	OwnOnly   bool // asked of Gatehouse alone
	Cached    bool // asked of Gatehouse with its response cache as well
}

// Body is the JSON body of a request for it.
func (o Operation) Body() ([]byte, error) {
	return json.Marshal(struct {
		Query     string    `json:"query"`
		Variables Variables `json:"variables,omitempty"`
	}{o.Query, o.Variables})
}
