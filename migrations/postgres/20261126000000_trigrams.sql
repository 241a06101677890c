-- +goose Up
-- By these products are searched. By hand: the extension is a trusted one, which the owner of a database may add.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- +goose Down
DROP EXTENSION pg_trgm;
