-- +goose Up
-- By these two instances tell each other things; internal/notify says how. By hand: SQLite has one instance only, and ent
-- knows no transaction ids.
-- create "outbox" table
CREATE TABLE "outbox" ("id" bigint NOT NULL GENERATED ALWAYS AS IDENTITY, "transaction" xid8 NOT NULL DEFAULT pg_current_xact_id(), "written_at" timestamptz NOT NULL DEFAULT clock_timestamp(), "topic" text NOT NULL COLLATE "C", "payload" bytea NOT NULL, PRIMARY KEY ("id"));
-- create index "outbox_transaction" to table: "outbox"
CREATE INDEX "outbox_transaction" ON "outbox" ("transaction");
-- create index "outbox_written_at" to table: "outbox"
CREATE INDEX "outbox_written_at" ON "outbox" ("written_at");
-- create "outbox_flushed" table: its one row is the newest transaction of which something was deleted
CREATE TABLE "outbox_flushed" ("transaction" xid8 NOT NULL);
INSERT INTO "outbox_flushed" VALUES ('0');

-- +goose Down
DROP TABLE "outbox_flushed";
DROP TABLE "outbox";
