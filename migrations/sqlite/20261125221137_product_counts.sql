-- +goose Up
-- drop index "product_category_id_name_key_id_is_published" from table: "products"
DROP INDEX `product_category_id_name_key_id_is_published`;
-- create index "product_category_id_name_key_id_is_published_owner_id" to table: "products"
CREATE INDEX `product_category_id_name_key_id_is_published_owner_id` ON `products` (`category_id`, `name_key`, `id`, `is_published`, `owner_id`);

-- +goose Down
-- reverse: create index "product_category_id_name_key_id_is_published_owner_id" to table: "products"
DROP INDEX `product_category_id_name_key_id_is_published_owner_id`;
-- reverse: drop index "product_category_id_name_key_id_is_published" from table: "products"
CREATE INDEX `product_category_id_name_key_id_is_published` ON `products` (`category_id`, `name_key`, `id`, `is_published`);
