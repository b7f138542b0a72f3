-- name: rate_get(scope)^
SELECT tokens, updated_at, blocked_until FROM rate_bucket WHERE scope = :scope;

-- name: rate_put(scope, tokens, now, blocked_until)!
INSERT INTO rate_bucket (scope, tokens, updated_at, blocked_until) VALUES (:scope, :tokens, :now, :blocked_until)
ON CONFLICT (scope) DO UPDATE SET tokens = excluded.tokens, updated_at = excluded.updated_at,
    blocked_until = excluded.blocked_until;
