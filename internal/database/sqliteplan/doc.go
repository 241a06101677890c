// Package sqliteplan has SQLite keep the plan of a statement that was prepared, whatever is bound to its parameters: its "query planner
// stability guarantee" (https://www.sqlite.org/queryplanner-ng.html#qpsg).
//
// Without it SQLite prepares a statement anew when another value is bound to a parameter that mattered to its plan. It looks at the values of
// most that are compared in a join or in an ordered list, if only for whether they are 0 or 1, which it takes to be what many rows
// have. The driver unbinds all values before it keeps a statement for the next time, which counts as another value. So statements
// with parameters are prepared again and again however well they are kept, and that takes several times as long as to run them.
package sqliteplan
