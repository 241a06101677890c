package main

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/gatehouse/gatehouse/bench/operation"
)

// statements of what is asked, prepared once.
type statements struct{ page, count, byID, nested, viewer *sql.Stmt }

func prepare(ctx context.Context, db *sql.DB) (s statements, err error) {
	for _, prepared := range []struct {
		into **sql.Stmt
		text string
	}{
		// CROSS JOIN has SQLite walk the index of names rather than sort.
		{&s.page, `SELECT p.id, p.name, p.price, c.id, c.name FROM products p CROSS JOIN categories c ON c.id = p.category_id
			WHERE p.is_published ORDER BY p.name_key, p.id LIMIT ?`},
		{&s.count, `SELECT COUNT(*) FROM products WHERE is_published`},
		{&s.byID, `SELECT p.id, p.name, p.price, c.id, c.name FROM products p CROSS JOIN categories c ON c.id = p.category_id
			WHERE p.is_published AND p.id = ?`},
		{&s.nested, `SELECT c.id, p.name FROM (SELECT id, name_key FROM categories ORDER BY name_key, id LIMIT 10) c
			LEFT JOIN products p ON p.id IN
				(SELECT id FROM products WHERE category_id = c.id AND is_published ORDER BY name_key, id LIMIT 3)
			ORDER BY c.name_key, c.id, p.name_key, p.id`},
		{&s.viewer, `SELECT u.username, u.email, u.is_active, s.ends_at, s.revoked_at
			FROM users u JOIN sessions s ON s.user_id = u.id WHERE u.id = ? AND s.id = ?`},
	} {
		if *prepared.into, err = db.PrepareContext(ctx, prepared.text); err != nil {
			return s, err
		}
	}
	return s, nil
}

func newPlans(ctx context.Context, db *sql.DB, key []byte) (plans, error) {
	s, err := prepare(ctx, db)
	if err != nil {
		return nil, err
	}
	return plans{
		operation.Products10:  s.products(10, false),
		operation.Products100: s.products(100, false),
		operation.TotalCount:  s.products(10, true),
		operation.Product:     s.product,
		operation.Nested:      s.categories,
		operation.Me:          s.me(key),
	}, nil
}

// products is a page of that many.
func (s statements) products(first int, counted bool) plan {
	return func(ctx context.Context, _ request, to []byte) (_ []byte, err error) {
		to = append(to, `{"data":{"products":{`...)
		if counted {
			var count int64
			if err := s.count.QueryRowContext(ctx).Scan(&count); err != nil {
				return nil, err
			}
			to = append(to, `"totalCount":`...)
			to = strconv.AppendInt(to, count, 10)
			to = append(to, ',')
		}
		rows, err := s.page.QueryContext(ctx, first)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		to = append(to, `"edges":[`...)
		for n := 0; rows.Next(); n++ {
			if n > 0 {
				to = append(to, ',')
			}
			to = append(to, `{"node":`...)
			if to, err = appendProduct(to, rows); err != nil {
				return nil, err
			}
			to = append(to, '}')
		}
		return append(to, `]}}}`...), rows.Err()
	}
}

// product is one of that id.
func (s statements) product(ctx context.Context, asked request, to []byte) ([]byte, error) {
	id, err := strconv.ParseInt(asked.Variables.ID, 10, 64)
	if err != nil {
		return nil, err
	}
	to, err = appendProduct(append(to, `{"data":{"product":`...), s.byID.QueryRowContext(ctx, id))
	return append(to, `}}`...), err
}

// appendProduct appends the product of a row.
func appendProduct(to []byte, row interface{ Scan(...any) error }) ([]byte, error) {
	var id, price, categoryID int64
	var name, category string
	if err := row.Scan(&id, &name, &price, &categoryID, &category); err != nil {
		return nil, err
	}
	to = append(to, `{"id":"`...)
	to = strconv.AppendInt(to, id, 10)
	to = append(to, `","name":`...)
	to = appendString(to, name)
	to = append(to, `,"price":"`...)
	to = strconv.AppendInt(to, price/100, 10)
	to = append(to, '.', byte('0'+price/10%10), byte('0'+price%10))
	to = append(to, `","category":{"id":"`...)
	to = strconv.AppendInt(to, categoryID, 10)
	to = append(to, `","name":`...)
	to = appendString(to, category)
	return append(to, `}}`...), nil
}

// categories are the first ten, each with the names of its first three products.
func (s statements) categories(ctx context.Context, _ request, to []byte) ([]byte, error) {
	rows, err := s.nested.QueryContext(ctx)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	to = append(to, `{"data":{"categories":{"nodes":[`...)
	for last := int64(0); rows.Next(); {
		var id int64
		var name sql.NullString
		if err := rows.Scan(&id, &name); err != nil {
			return nil, err
		}
		switch {
		case id == last:
			to = append(to, ',')
		case last != 0:
			to = append(to, `]}},`...)
			fallthrough
		default:
			to = append(to, `{"products":{"nodes":[`...)
		}
		if name.Valid {
			to = append(to, `{"name":`...)
			to = appendString(to, name.String)
			to = append(to, '}')
		}
		last = id
	}
	return append(to, `]}}]}}}`...), rows.Err()
}
