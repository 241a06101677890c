-- +goose Up
-- add column "tokens_valid_from" to table: "users"
ALTER TABLE `users` ADD COLUMN `tokens_valid_from` datetime NULL;
-- create "audit_events" table
CREATE TABLE `audit_events` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `kind` text NOT NULL, `actor_id` integer NULL, `subject_id` integer NULL, `session_id` integer NULL, `ip_address` text NULL, `user_agent` text NULL, `request_id` text NULL, `created_at` datetime NOT NULL);
-- set sequence for "audit_events" table
INSERT INTO sqlite_sequence (name, seq) VALUES ("audit_events", 17179869184);
-- create index "auditevent_created_at" to table: "audit_events"
CREATE INDEX `auditevent_created_at` ON `audit_events` (`created_at`);
-- create index "auditevent_actor_id_created_at" to table: "audit_events"
CREATE INDEX `auditevent_actor_id_created_at` ON `audit_events` (`actor_id`, `created_at`);
-- create index "auditevent_subject_id_created_at" to table: "audit_events"
CREATE INDEX `auditevent_subject_id_created_at` ON `audit_events` (`subject_id`, `created_at`);
-- create "backoffs" table
CREATE TABLE `backoffs` (`key` text NOT NULL, `clears_at` datetime NOT NULL, `blocked_until` datetime NOT NULL, PRIMARY KEY (`key`));
-- create index "backoff_clears_at" to table: "backoffs"
CREATE INDEX `backoff_clears_at` ON `backoffs` (`clears_at`);
-- create "foreign_tokens" table
CREATE TABLE `foreign_tokens` (`jti_hash` text NOT NULL, `session_id` integer NULL, `used_at` datetime NOT NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`jti_hash`));
-- create index "foreigntoken_expires_at" to table: "foreign_tokens"
CREATE INDEX `foreigntoken_expires_at` ON `foreign_tokens` (`expires_at`);

-- +goose Down
-- reverse: create index "foreigntoken_expires_at" to table: "foreign_tokens"
DROP INDEX `foreigntoken_expires_at`;
-- reverse: create "foreign_tokens" table
DROP TABLE `foreign_tokens`;
-- reverse: create index "backoff_clears_at" to table: "backoffs"
DROP INDEX `backoff_clears_at`;
-- reverse: create "backoffs" table
DROP TABLE `backoffs`;
-- reverse: create index "auditevent_subject_id_created_at" to table: "audit_events"
DROP INDEX `auditevent_subject_id_created_at`;
-- reverse: create index "auditevent_actor_id_created_at" to table: "audit_events"
DROP INDEX `auditevent_actor_id_created_at`;
-- reverse: create index "auditevent_created_at" to table: "audit_events"
DROP INDEX `auditevent_created_at`;
-- reverse: set sequence for "audit_events" table
UPDATE sqlite_sequence SET seq = 0 WHERE name = "audit_events";
-- reverse: create "audit_events" table
DROP TABLE `audit_events`;
-- reverse: add column "tokens_valid_from" to table: "users"
ALTER TABLE `users` DROP COLUMN `tokens_valid_from`;
