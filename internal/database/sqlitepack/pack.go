//go:build cgo && !windows

package sqlitepack

/*
#include <string.h>

// SQLite is linked in by its driver, which has no header to give to others: this is what is used of it.
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_value sqlite3_value;
typedef void (*function)(sqlite3_context *, int, sqlite3_value **);
int sqlite3_auto_extension(void (*entry)(void));
int sqlite3_create_function_v2(sqlite3 *db, const char *name, int arguments, int flags, void *data,
	function call, function step, void (*final)(sqlite3_context *), void (*destroy)(void *));
void *sqlite3_aggregate_context(sqlite3_context *context, int bytes);
int sqlite3_value_type(sqlite3_value *value);
int sqlite3_value_encoding(sqlite3_value *value);
long long sqlite3_value_int64(sqlite3_value *value);
double sqlite3_value_double(sqlite3_value *value);
const unsigned char *sqlite3_value_text(sqlite3_value *value);
const void *sqlite3_value_blob(sqlite3_value *value);
int sqlite3_value_bytes(sqlite3_value *value);
void *sqlite3_realloc64(void *memory, unsigned long long bytes);
void sqlite3_free(void *memory);
void sqlite3_result_blob64(sqlite3_context *context, const void *bytes, unsigned long long count, void (*destroy)(void *));
void sqlite3_result_error_nomem(sqlite3_context *context);

enum {
	ok = 0,                         // SQLITE_OK
	utf8 = 1,                       // SQLITE_UTF8
	of_any_number = -1,             // of arguments
	flags = utf8 | 0x800 | 0x80000, // SQLITE_DETERMINISTIC, SQLITE_DIRECTONLY
	kind_integer = 1, kind_float = 2, kind_text = 3, kind_blob = 4, kind_null = 5,
	first_room = 1024,
};

// What was packed so far. It begins as zeros.
struct pack {
	unsigned char *bytes;
	unsigned long long count, room;
	int failed; // for want of memory
};

// space answers where so many more bytes go, and counts them; 0 if there is no memory.
static unsigned char *space(struct pack *p, unsigned long long bytes) {
	unsigned char *at;
	if (p->failed) return 0;
	if (p->room - p->count < bytes) {
		unsigned long long room = p->room ? p->room + p->room / 2 : first_room;
		if (room < p->count + bytes) room = p->count + bytes;
		unsigned char *larger = sqlite3_realloc64(p->bytes, room);
		if (!larger) {
			p->failed = 1;
			return 0;
		}
		p->bytes = larger;
		p->room = room;
	}
	at = p->bytes + p->count;
	p->count += bytes;
	return at;
}

static void put_number(struct pack *p, int kind, const void *eight_bytes) {
	unsigned char *at = space(p, 9);
	if (!at) return;
	at[0] = (unsigned char)kind;
	memcpy(at + 1, eight_bytes, 8);
}

static void put(struct pack *p, sqlite3_value *value) {
	int kind = sqlite3_value_type(value);
	switch (kind) {
	case kind_integer: {
		long long number = sqlite3_value_int64(value);
		put_number(p, kind, &number);
		break;
	}
	case kind_float: {
		double number = sqlite3_value_double(value);
		put_number(p, kind, &number);
		break;
	}
	case kind_text:
	case kind_blob: {
		// As a BLOB, a text in UTF-8 need not end with a zero, for which SQLite would copy it. Any other has to be made UTF-8 before.
		if (kind == kind_text && sqlite3_value_encoding(value) != utf8) (void)sqlite3_value_text(value);
		const void *bytes = sqlite3_value_blob(value);
		unsigned long long count = (unsigned long long)sqlite3_value_bytes(value);
		if (count > 0 && !bytes) {
			p->failed = 1;
			return;
		}
		put_number(p, kind, &count);
		if (count > 0) {
			unsigned char *at = space(p, count);
			if (at) memcpy(at, bytes, count);
		}
		break;
	}
	default: {
		unsigned char *at = space(p, 1);
		if (at) at[0] = kind_null;
	}
	}
}

static void step(sqlite3_context *context, int count, sqlite3_value **values) {
	struct pack *p = sqlite3_aggregate_context(context, sizeof *p);
	if (!p) return; // and SQLite says so
	for (int i = 0; i < count; i++) put(p, values[i]);
}

static void final(sqlite3_context *context) {
	struct pack *p = sqlite3_aggregate_context(context, 0);
	if (!p) return; // no rows: NULL
	if (p->failed) {
		sqlite3_free(p->bytes);
		sqlite3_result_error_nomem(context);
		return;
	}
	sqlite3_result_blob64(context, p->bytes, p->count, sqlite3_free);
}

static int add_function(sqlite3 *db, char **message, const void *routines) {
	(void)message;
	(void)routines;
	return sqlite3_create_function_v2(db, "gatehouse_pack", of_any_number, flags, 0, 0, step, final, 0);
}

static int add_function_to_new_connections(void) {
	return sqlite3_auto_extension((void (*)(void))add_function);
}
*/
import "C"

import "fmt"

// Available says that there is the function that [Query] calls.
const Available = true

// Add has all connections to SQLite that this process makes from now on know the function that [Query] calls. It may be called again.
func Add() error {
	if code := C.add_function_to_new_connections(); code != C.ok {
		return fmt.Errorf("adding a function to SQLite: error %d", int(code))
	}
	return nil
}
