// Package sqlitepack has SQLite answer all rows of a query in one value.
//
// Otherwise each row is fetched by a call from Go into C, and each value of it becomes one of Go's, and an interface value around that: with
// a hundred rows of six columns, more than a thousand pieces of memory. Here an aggregate function of SQL, which is C, writes the
// rows one behind the other, and [Reader] reads numbers and texts out of that without making anything.
package sqlitepack
