-- name: meta_get(key)^
SELECT value FROM meta WHERE key = :key;

-- name: meta_set(key, value)!
INSERT INTO meta (key, value) VALUES (:key, :value)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: meta_take_number(key, first)$
-- The next number of a sequence that starts at :first; the row holds the one after it.
INSERT INTO meta (key, value) VALUES (:key, CAST(:first + 1 AS TEXT))
ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(meta.value AS INTEGER) + 1 AS TEXT)
RETURNING CAST(value AS INTEGER) - 1;

-- name: policy_put(hash, id, plan, variant, version, text, now)!
INSERT INTO policy (hash, id, plan, variant, version, text, created_at)
VALUES (:hash, :id, :plan, :variant, :version, :text, :now)
ON CONFLICT (hash) DO NOTHING;

-- name: policy_text(hash)^
SELECT text, id, plan, variant FROM policy WHERE hash = :hash;

-- name: audit_last(client_id)^
SELECT hash FROM audit WHERE client_id = :client_id ORDER BY id DESC LIMIT 1;

-- name: audit_add(client_id, at, who, what, old, new, prev_hash, hash)!
INSERT INTO audit (client_id, at, who, what, old, new, prev_hash, hash)
VALUES (:client_id, :at, :who, :what, :old, :new, :prev_hash, :hash);

-- name: audit_clients()
SELECT DISTINCT client_id FROM audit ORDER BY client_id;

-- name: audit_rows(client_id)
SELECT id, client_id, at, who, what, old, new, prev_hash, hash FROM audit WHERE client_id = :client_id ORDER BY id;
