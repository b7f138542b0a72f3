-- name: acts_add(client_id, ticket_id, person_id, command, noted, at)$
INSERT INTO act (client_id, ticket_id, person_id, command, noted, at)
VALUES (:client_id, :ticket_id, :person_id, :command, :noted, :at) RETURNING id;

-- name: acts_get(id)^
SELECT id, ticket_id, person_id, command, noted, at, undone_at FROM act WHERE id = :id;

-- name: acts_latest(person_id)^
SELECT id, ticket_id, person_id, command, noted, at, undone_at FROM act
WHERE person_id = :person_id AND undone_at IS NULL ORDER BY id DESC LIMIT 1;

-- name: acts_undone(id, at)!
UPDATE act SET undone_at = :at WHERE id = :id;

-- name: acts_forget(before)!
DELETE FROM act WHERE at < :before;
