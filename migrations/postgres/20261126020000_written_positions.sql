-- +goose Up
-- How far the log was when a user last wrote to the catalogue: see internal/database/written.go. By hand: SQLite has no
-- replicas, so this is no part of ent/schema. Not a foreign key, which would lock the user's row.
CREATE TABLE "written_positions" ("user_id" bigint NOT NULL, "position" pg_lsn NOT NULL, "written_at" timestamptz NOT NULL, PRIMARY KEY ("user_id"));

-- +goose Down
DROP TABLE "written_positions";
