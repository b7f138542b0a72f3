-- name: days_plan(person_id, due_at)!
INSERT INTO day_list (person_id, due_at, wake_at, state) VALUES (:person_id, :due_at, :due_at, 'open')
ON CONFLICT (person_id, due_at) DO UPDATE SET state = 'open', wake_at = excluded.wake_at, ended_at = NULL
WHERE state = 'superseded';

-- name: days_open(person_id)^
SELECT id, person_id, due_at, attempts FROM day_list WHERE person_id = :person_id AND state = 'open';

-- name: days_due(now, n)
SELECT id, person_id, due_at, attempts FROM day_list WHERE state = 'open' AND wake_at <= :now
ORDER BY wake_at, id LIMIT :n;

-- name: days_next()$
SELECT MIN(wake_at) FROM day_list WHERE state = 'open';

-- name: days_end(id, state, now)!
UPDATE day_list SET state = :state, ended_at = :now WHERE id = :id AND state = 'open';

-- name: days_push_on(id, wake_at)!
UPDATE day_list SET wake_at = :wake_at, attempts = attempts + 1 WHERE id = :id;
