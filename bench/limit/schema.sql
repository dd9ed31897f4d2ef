-- The least that five-line orders need: a balance for each SKU, one row that makes a request unique,
-- the order, its lines, and one event. Run with: psql -v skus=10000

CREATE TABLE limit_balance (
    sku      bigint PRIMARY KEY,
    on_hand  int    NOT NULL,
    reserved int    NOT NULL DEFAULT 0,
    version  bigint NOT NULL DEFAULT 0,
    CHECK (reserved BETWEEN 0 AND on_hand)
) WITH (fillfactor = 50);

CREATE TABLE limit_request (
    tenant   int         NOT NULL,
    key      uuid        NOT NULL,
    order_id bigint      NOT NULL,
    made_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, key)
);

CREATE TABLE limit_order (
    id          bigint      PRIMARY KEY,
    tenant      int         NOT NULL,
    customer    bigint      NOT NULL,
    state       smallint    NOT NULL,
    currency    char(3)     NOT NULL,
    total_minor bigint      NOT NULL,
    ship_to     jsonb       NOT NULL,
    placed_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON limit_order (tenant, customer, id DESC);

CREATE TABLE limit_line (
    order_id    bigint,
    position    smallint,
    sku         bigint NOT NULL,
    quantity    int    NOT NULL,
    price_minor bigint NOT NULL,
    PRIMARY KEY (order_id, position)
);

CREATE TABLE limit_event (
    id       bigint      GENERATED ALWAYS AS IDENTITY (CACHE 1000) PRIMARY KEY,
    order_id bigint      NOT NULL,
    name     text        NOT NULL,
    payload  jsonb       NOT NULL,
    at       timestamptz NOT NULL DEFAULT now()
);

INSERT INTO limit_balance (sku, on_hand) SELECT sku, 2000000000 FROM generate_series(1, :skus) sku;
VACUUM (ANALYZE) limit_balance;

-- Places p_count orders in one transaction with statements that each work on a whole set.
CREATE FUNCTION limit_place(p_first bigint, p_count int, p_skus int, p_hot boolean)
RETURNS int LANGUAGE plpgsql AS $body$
DECLARE
    fifth      int := p_skus / 5;
    orders     bigint[];
    keys       uuid[];
    customers  bigint[];
    line_order bigint[];
    line_no    smallint[];
    line_sku   bigint[];
    skus       bigint[];
    wanted     int[];
    changed    int;
BEGIN
    -- These three make what a driver would send as bound arrays.
    SELECT array_agg(p_first + n), array_agg(gen_random_uuid()),
           array_agg(1 + floor(random() * 1000000)::bigint)
      INTO orders, keys, customers
      FROM generate_series(1, p_count) n;
    SELECT array_agg(p_first + n), array_agg(l::smallint),
           array_agg(CASE WHEN p_hot AND l = 1 THEN 1
                          ELSE (l - 1) * fifth + 1 + floor(random() * fifth)::int END)
      INTO line_order, line_no, line_sku
      FROM generate_series(1, p_count) n, generate_series(1, 5) l;
    SELECT array_agg(sku ORDER BY sku), array_agg(times ORDER BY sku)
      INTO skus, wanted
      FROM (SELECT sku, count(*)::int AS times FROM unnest(line_sku) sku GROUP BY sku) counted;

    INSERT INTO limit_request (tenant, key, order_id)
    SELECT 1, key, id FROM unnest(keys, orders) AS given (key, id)
    ON CONFLICT DO NOTHING;

    PERFORM 1 FROM limit_balance WHERE sku = ANY (skus) ORDER BY sku FOR NO KEY UPDATE;

    UPDATE limit_balance AS balance
       SET reserved = balance.reserved + asked.quantity, version = version + 1
      FROM unnest(skus, wanted) AS asked (sku, quantity)
     WHERE balance.sku = asked.sku AND balance.on_hand - balance.reserved >= asked.quantity;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed <> cardinality(skus) THEN
        RAISE EXCEPTION 'stock ran out';
    END IF;

    INSERT INTO limit_order (id, tenant, customer, state, currency, total_minor, ship_to)
    SELECT id, 1, customer, 10, 'CNY', 9950,
           '{"name":"A B","phone":"13800000000","street":"1 Long Street, Some District"}'
      FROM unnest(orders, customers) AS given (id, customer);

    INSERT INTO limit_line (order_id, position, sku, quantity, price_minor)
    SELECT id, position, sku, 1, 1990
      FROM unnest(line_order, line_no, line_sku) AS given (id, position, sku);

    INSERT INTO limit_event (order_id, name, payload)
    SELECT id, 'order.placed', '{"v":1,"lines":5,"total_minor":9950,"currency":"CNY"}'
      FROM unnest(orders) AS id;
    RETURN changed;
END
$body$;
