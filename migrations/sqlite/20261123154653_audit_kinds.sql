-- +goose Up
-- create index "auditevent_kind_created_at" to table: "audit_events"
CREATE INDEX `auditevent_kind_created_at` ON `audit_events` (`kind`, `created_at`);

-- +goose Down
-- reverse: create index "auditevent_kind_created_at" to table: "audit_events"
DROP INDEX `auditevent_kind_created_at`;
