-- pgbench script: one five-line order, row by row, in one transaction.
-- L_rows sends the statements one after another (pipe = 0), L_pipe all at once (pipe = 1).
-- hot = 1 puts the first line of every order on SKU 1; line k draws from the k-th fifth of the SKUs,
-- so that locks are always taken in ascending order.
\set fifth :skus / 5
\set sku1 case when :hot = 1 then 1 else random(1, :fifth) end
\set sku2 random(:fifth + 1, 2 * :fifth)
\set sku3 random(2 * :fifth + 1, 3 * :fifth)
\set sku4 random(3 * :fifth + 1, 4 * :fifth)
\set sku5 random(4 * :fifth + 1, 5 * :fifth)
\set customer random(1, 1000000)
\set turn :turn + 1
\set id :base + :client_id * 10000000 + :turn
\if :pipe
\startpipeline
\endif
BEGIN;
INSERT INTO limit_request (tenant, key, order_id) VALUES (1, gen_random_uuid(), :id) ON CONFLICT DO NOTHING;
UPDATE limit_balance SET reserved = reserved + 1, version = version + 1 WHERE sku = :sku1 AND on_hand - reserved >= 1;
UPDATE limit_balance SET reserved = reserved + 1, version = version + 1 WHERE sku = :sku2 AND on_hand - reserved >= 1;
UPDATE limit_balance SET reserved = reserved + 1, version = version + 1 WHERE sku = :sku3 AND on_hand - reserved >= 1;
UPDATE limit_balance SET reserved = reserved + 1, version = version + 1 WHERE sku = :sku4 AND on_hand - reserved >= 1;
UPDATE limit_balance SET reserved = reserved + 1, version = version + 1 WHERE sku = :sku5 AND on_hand - reserved >= 1;
INSERT INTO limit_order (id, tenant, customer, state, currency, total_minor, ship_to) VALUES (:id, 1, :customer, 10, 'CNY', 9950, '{"name":"A B","phone":"13800000000","street":"1 Long Street, Some District"}');
INSERT INTO limit_line (order_id, position, sku, quantity, price_minor) VALUES (:id, 1, :sku1, 1, 1990);
INSERT INTO limit_line (order_id, position, sku, quantity, price_minor) VALUES (:id, 2, :sku2, 1, 1990);
INSERT INTO limit_line (order_id, position, sku, quantity, price_minor) VALUES (:id, 3, :sku3, 1, 1990);
INSERT INTO limit_line (order_id, position, sku, quantity, price_minor) VALUES (:id, 4, :sku4, 1, 1990);
INSERT INTO limit_line (order_id, position, sku, quantity, price_minor) VALUES (:id, 5, :sku5, 1, 1990);
INSERT INTO limit_event (order_id, name, payload) VALUES (:id, 'order.placed', '{"v":1,"lines":5,"total_minor":9950,"currency":"CNY"}');
COMMIT;
\if :pipe
\endpipeline
\endif
