-- name: digests_begin(channel, account, kind, what, told_id, due_at)^
INSERT INTO digest (channel, account, kind, what, told_id, due_at, wake_at, state)
VALUES (:channel, :account, :kind, :what, :told_id, :due_at, :due_at, 'open')
ON CONFLICT (channel, account, kind, what) WHERE state = 'open' DO NOTHING RETURNING id;

-- name: digests_due(now, n)
SELECT id, channel, account, kind, what, told_id, attempts FROM digest WHERE state = 'open' AND wake_at <= :now
ORDER BY wake_at, id LIMIT :n;

-- name: digests_next()$
SELECT MIN(wake_at) FROM digest WHERE state = 'open';

-- name: digests_end(id, state, now)!
UPDATE digest SET state = :state, ended_at = :now WHERE id = :id AND state = 'open';

-- name: digests_push_on(id, wake_at)!
UPDATE digest SET wake_at = :wake_at, attempts = attempts + 1 WHERE id = :id AND state = 'open';
