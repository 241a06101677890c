// Package sqliteplan has SQLite keep the plan of a statement that was prepared, whatever is bound to its parameters: its "query planner
// stability guarantee" (https://www.sqlite.org/queryplanner-ng.html#qpsg).
//
// Without it SQLite, where the value of a parameter might matter to a plan, which in any join it might, prepares a statement anew
// when another value is bound. The driver unbinds all values before it keeps a statement for the next time, which counts as another value. So
// statements with parameters are prepared again and again however well they are kept, and that takes several times as long as
// to run them. No plan of this program's depends on a value: statistics by value (SQLITE_ENABLE_STAT4) are not compiled in.
package sqliteplan
