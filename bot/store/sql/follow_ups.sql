-- name: follow_ups_add(client_id, ticket_id, kind, subject, n, due_at)!
INSERT INTO follow_up (client_id, ticket_id, kind, subject, n, due_at, wake_at, state)
VALUES (:client_id, :ticket_id, :kind, :subject, :n, :due_at, :due_at, 'open')
ON CONFLICT (ticket_id, kind, subject, n) DO NOTHING;

-- name: follow_ups_due(now, n)
SELECT * FROM follow_up WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n;

-- name: follow_ups_of(ticket_id, kind, subject)
SELECT * FROM follow_up WHERE ticket_id = :ticket_id AND kind = :kind AND subject = :subject ORDER BY n;

-- name: follow_ups_next()^
SELECT wake_at FROM follow_up WHERE state = 'open' ORDER BY wake_at LIMIT 1;

-- name: follow_ups_end(id, state, now)!
UPDATE follow_up SET state = :state, ended_at = :now WHERE id = :id AND state = 'open';

-- name: follow_ups_open_again(ticket_id, since)!
UPDATE follow_up SET state = 'open', ended_at = NULL
WHERE ticket_id = :ticket_id AND state = 'dropped' AND ended_at >= :since;

-- name: follow_ups_wait(id, wake_at)!
UPDATE follow_up SET wake_at = :wake_at WHERE id = :id AND state = 'open';

-- name: follow_ups_push_on(id, wake_at)!
UPDATE follow_up SET wake_at = :wake_at, attempts = attempts + 1 WHERE id = :id AND state = 'open';
