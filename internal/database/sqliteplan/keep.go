//go:build cgo && !windows

package sqliteplan

/*
// SQLite is linked in by its driver, which has no header to give to others: this is what is used of it.
typedef struct sqlite3 sqlite3;
int sqlite3_auto_extension(void (*entry)(void));
int sqlite3_db_config(sqlite3 *db, int option, ...);

enum { ok = 0, enable_qpsg = 1007 }; // SQLITE_OK, SQLITE_DBCONFIG_ENABLE_QPSG

// An SQLite that has no such option serves without: whatever this answers but ok, the connection would not be opened.
static int keep_plans(sqlite3 *db, char **message, const void *routines) {
	(void)message;
	(void)routines;
	(void)sqlite3_db_config(db, enable_qpsg, 1, (int *)0);
	return ok;
}

static int keep_plans_of_new_connections(void) {
	return sqlite3_auto_extension((void (*)(void))keep_plans);
}
*/
import "C"

import "fmt"

// Keep has all connections to SQLite that this process makes from now on keep their plans. It may be called again.
func Keep() error {
	if code := C.keep_plans_of_new_connections(); code != C.ok {
		return fmt.Errorf("having SQLite keep its plans: error %d", int(code))
	}
	return nil
}
