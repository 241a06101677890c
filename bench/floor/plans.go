package main

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/gatehouse/gatehouse/bench/operation"
)

func newPlans(ctx context.Context, db *sql.DB, asked texts, key []byte) (plans, error) {
	s, err := prepare(ctx, db, asked)
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
