-- pgbench script: L_batch, `batch` five-line orders in one transaction of set-based statements.
\set turn :turn + 1
\set first :base + :client_id * 100000000 + :turn * :batch
SELECT limit_place(:first, :batch, :skus, :hot = 1);
