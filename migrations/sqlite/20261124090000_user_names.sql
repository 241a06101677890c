-- +goose Up
-- add column "name_key" to table: "users". By hand: making the table anew would delete what refers to it.
ALTER TABLE `users` ADD COLUMN `name_key` text NOT NULL DEFAULT '';
-- create index "user_last_login" to table: "users"
CREATE INDEX `user_last_login` ON `users` (`last_login`);

-- +goose Down
-- reverse: create index "user_last_login" to table: "users"
DROP INDEX `user_last_login`;
-- reverse: add column "name_key" to table: "users"
ALTER TABLE `users` DROP COLUMN `name_key`;
