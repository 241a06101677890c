package sqlitepack

// Most is of how many columns a query may be.
const Most = 32

// names are those of the columns, all of one length.
const (
	names = "c01,c02,c03,c04,c05,c06,c07,c08,c09,c10,c11,c12,c13,c14,c15,c16,c17,c18,c19,c20,c21,c22,c23,c24,c25,c26,c27,c28,c29,c30,c31,c32,"
	name  = len(names) / Most
)

// Query is a SELECT that answers what query does, a SELECT of 1 to Most columns, as one row of one BLOB, or NULL when there are no
// rows. The arguments are the same, and so is the order. SQLite does not promise that, and does it: it omits the ORDER BY of a subquery
// only where the outer query is a join or sorts too, or has no aggregate function but its own count, min and max (sqlite3Select in
// select.c), and does not merge a subquery that has one into a query with an aggregate (restriction 16 of flattenSubquery).
func Query(query string, columns int) string {
	list := names[:columns*name-len(",")]
	return "WITH packed(" + list + ") AS (" + query + ") SELECT gatehouse_pack(" + list + ") FROM packed"
}
