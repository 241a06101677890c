-- +goose Up
-- create "categories" table
CREATE TABLE `categories` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_key` text NOT NULL, `slug` text NOT NULL, `description` text NOT NULL DEFAULT (''), `parent_id` integer NULL, CONSTRAINT `categories_categories_children` FOREIGN KEY (`parent_id`) REFERENCES `categories` (`id`) ON DELETE RESTRICT);
-- set sequence for "categories" table
INSERT INTO sqlite_sequence (name, seq) VALUES ("categories", 8589934592);
-- create index "categories_slug_key" to table: "categories"
CREATE UNIQUE INDEX `categories_slug_key` ON `categories` (`slug`);
-- create index "category_name_key" to table: "categories"
CREATE INDEX `category_name_key` ON `categories` (`name_key`);
-- create index "category_created_at" to table: "categories"
CREATE INDEX `category_created_at` ON `categories` (`created_at`);
-- create index "category_parent_id_name_key" to table: "categories"
CREATE INDEX `category_parent_id_name_key` ON `categories` (`parent_id`, `name_key`);
-- create "identifiers" table
CREATE TABLE `identifiers` (`key` text NOT NULL, `user_id` integer NOT NULL, PRIMARY KEY (`key`), CONSTRAINT `identifiers_users_identifiers` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE);
-- create index "identifier_user_id" to table: "identifiers"
CREATE INDEX `identifier_user_id` ON `identifiers` (`user_id`);
-- create "products" table
CREATE TABLE `products` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `name` text NOT NULL, `name_key` text NOT NULL, `slug` text NOT NULL, `sku` text NULL, `sku_key` text NULL, `description` text NOT NULL DEFAULT (''), `description_key` text NOT NULL DEFAULT (''), `price` integer NOT NULL, `stock` integer NOT NULL DEFAULT (0), `is_published` bool NOT NULL DEFAULT (true), `version` integer NOT NULL DEFAULT (1), `category_id` integer NOT NULL, `owner_id` integer NULL, CONSTRAINT `products_categories_products` FOREIGN KEY (`category_id`) REFERENCES `categories` (`id`) ON DELETE RESTRICT, CONSTRAINT `products_users_products` FOREIGN KEY (`owner_id`) REFERENCES `users` (`id`) ON DELETE SET NULL, CONSTRAINT `product_price` CHECK (price BETWEEN 0 AND 9999999999), CONSTRAINT `product_stock` CHECK (stock >= 0));
-- set sequence for "products" table
INSERT INTO sqlite_sequence (name, seq) VALUES ("products", 12884901888);
-- create index "products_slug_key" to table: "products"
CREATE UNIQUE INDEX `products_slug_key` ON `products` (`slug`);
-- create index "products_sku_key_key" to table: "products"
CREATE UNIQUE INDEX `products_sku_key_key` ON `products` (`sku_key`);
-- create index "product_name_key_id" to table: "products"
CREATE INDEX `product_name_key_id` ON `products` (`name_key`, `id`);
-- create index "product_price_id" to table: "products"
CREATE INDEX `product_price_id` ON `products` (`price`, `id`);
-- create index "product_stock_id" to table: "products"
CREATE INDEX `product_stock_id` ON `products` (`stock`, `id`);
-- create index "product_created_at_id" to table: "products"
CREATE INDEX `product_created_at_id` ON `products` (`created_at`, `id`);
-- create index "product_updated_at_id" to table: "products"
CREATE INDEX `product_updated_at_id` ON `products` (`updated_at`, `id`);
-- create index "product_category_id_name_key_id_is_published" to table: "products"
CREATE INDEX `product_category_id_name_key_id_is_published` ON `products` (`category_id`, `name_key`, `id`, `is_published`);
-- create index "product_owner_id_id" to table: "products"
CREATE INDEX `product_owner_id_id` ON `products` (`owner_id`, `id`);
-- create "sessions" table
CREATE TABLE `sessions` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `created_at` datetime NOT NULL, `last_used_at` datetime NOT NULL, `expires_at` datetime NOT NULL, `ends_at` datetime NOT NULL, `generation` integer NOT NULL DEFAULT (1), `rotated_at` datetime NOT NULL, `ip_address` text NULL, `user_agent` text NULL, `revoked_at` datetime NULL, `revoked_because` text NULL, `user_id` integer NOT NULL, CONSTRAINT `sessions_users_sessions` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON DELETE CASCADE);
-- set sequence for "sessions" table
INSERT INTO sqlite_sequence (name, seq) VALUES ("sessions", 4294967296);
-- create index "session_user_id_revoked_at_last_used_at" to table: "sessions"
CREATE INDEX `session_user_id_revoked_at_last_used_at` ON `sessions` (`user_id`, `revoked_at`, `last_used_at`);
-- create "users" table
CREATE TABLE `users` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `username` text NOT NULL, `username_key` text NOT NULL, `email` text NOT NULL, `email_key` text NOT NULL, `first_name` text NOT NULL DEFAULT (''), `last_name` text NOT NULL DEFAULT (''), `password_hash` text NOT NULL, `is_active` bool NOT NULL DEFAULT (true), `is_staff` bool NOT NULL DEFAULT (false), `date_joined` datetime NOT NULL, `last_login` datetime NULL);
-- create index "user_username_key" to table: "users"
CREATE INDEX `user_username_key` ON `users` (`username_key`);
-- create index "user_email_key" to table: "users"
CREATE INDEX `user_email_key` ON `users` (`email_key`);
-- create index "user_date_joined" to table: "users"
CREATE INDEX `user_date_joined` ON `users` (`date_joined`);

-- +goose Down
-- reverse: create index "user_date_joined" to table: "users"
DROP INDEX `user_date_joined`;
-- reverse: create index "user_email_key" to table: "users"
DROP INDEX `user_email_key`;
-- reverse: create index "user_username_key" to table: "users"
DROP INDEX `user_username_key`;
-- reverse: create "users" table
DROP TABLE `users`;
-- reverse: create index "session_user_id_revoked_at_last_used_at" to table: "sessions"
DROP INDEX `session_user_id_revoked_at_last_used_at`;
-- reverse: set sequence for "sessions" table
UPDATE sqlite_sequence SET seq = 0 WHERE name = "sessions";
-- reverse: create "sessions" table
DROP TABLE `sessions`;
-- reverse: create index "product_owner_id_id" to table: "products"
DROP INDEX `product_owner_id_id`;
-- reverse: create index "product_category_id_name_key_id_is_published" to table: "products"
DROP INDEX `product_category_id_name_key_id_is_published`;
-- reverse: create index "product_updated_at_id" to table: "products"
DROP INDEX `product_updated_at_id`;
-- reverse: create index "product_created_at_id" to table: "products"
DROP INDEX `product_created_at_id`;
-- reverse: create index "product_stock_id" to table: "products"
DROP INDEX `product_stock_id`;
-- reverse: create index "product_price_id" to table: "products"
DROP INDEX `product_price_id`;
-- reverse: create index "product_name_key_id" to table: "products"
DROP INDEX `product_name_key_id`;
-- reverse: create index "products_sku_key_key" to table: "products"
DROP INDEX `products_sku_key_key`;
-- reverse: create index "products_slug_key" to table: "products"
DROP INDEX `products_slug_key`;
-- reverse: set sequence for "products" table
UPDATE sqlite_sequence SET seq = 0 WHERE name = "products";
-- reverse: create "products" table
DROP TABLE `products`;
-- reverse: create index "identifier_user_id" to table: "identifiers"
DROP INDEX `identifier_user_id`;
-- reverse: create "identifiers" table
DROP TABLE `identifiers`;
-- reverse: create index "category_parent_id_name_key" to table: "categories"
DROP INDEX `category_parent_id_name_key`;
-- reverse: create index "category_created_at" to table: "categories"
DROP INDEX `category_created_at`;
-- reverse: create index "category_name_key" to table: "categories"
DROP INDEX `category_name_key`;
-- reverse: create index "categories_slug_key" to table: "categories"
DROP INDEX `categories_slug_key`;
-- reverse: set sequence for "categories" table
UPDATE sqlite_sequence SET seq = 0 WHERE name = "categories";
-- reverse: create "categories" table
DROP TABLE `categories`;
