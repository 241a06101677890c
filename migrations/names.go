package migrations

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"github.com/gatehouse/gatehouse/internal/fold"
)

// filling are SQLite's migrations that fill in what SQL cannot compute. Each comes right behind the file that made the
// column; like a file, one that has been released is never changed.
func filling() []*goose.Migration {
	names := goose.NewGoMigration(20261124090001, &goose.GoFunc{RunTx: foldNames}, nil)
	names.Source = "20261124090001_fold_user_names.go"
	return []*goose.Migration{names}
}

// foldNames folds the names of the users there are, as every change of a name does from then on.
func foldNames(ctx context.Context, tx *sql.Tx) error {
	keys, err := nameKeys(ctx, tx)
	if err != nil {
		return fmt.Errorf("reading the users' names: %w", err)
	}
	for id, key := range keys {
		if _, err := tx.ExecContext(ctx, "UPDATE users SET name_key = ? WHERE id = ?", key, id); err != nil {
			return fmt.Errorf("folding the name of user %d: %w", id, err)
		}
	}
	return nil
}

func nameKeys(ctx context.Context, tx *sql.Tx) (map[int64]string, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, first_name, last_name FROM users")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	keys := make(map[int64]string)
	for rows.Next() {
		var id int64
		var first, last string
		if err := rows.Scan(&id, &first, &last); err != nil {
			return nil, err
		}
		keys[id] = fold.Text(first + " " + last)
	}
	return keys, rows.Err()
}
