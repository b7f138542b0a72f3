-- name: drafts_add(client_id, ticket_id, person_id, message_id, skipped, created_at)$
INSERT INTO draft (client_id, ticket_id, person_id, message_id, skipped, state, created_at)
VALUES (:client_id, :ticket_id, :person_id, :message_id, :skipped, 'open', :created_at) RETURNING id;

-- name: drafts_get(id)^
SELECT id, ticket_id, person_id, message_id, skipped, state, created_at FROM draft WHERE id = :id;

-- name: drafts_of_message(message_id)^
SELECT id, ticket_id, person_id, message_id, skipped, state, created_at FROM draft
WHERE message_id = :message_id ORDER BY id DESC LIMIT 1;

-- name: drafts_end(id, state, sent_id)!
UPDATE draft SET state = :state, sent_id = :sent_id WHERE id = :id AND state = 'open';
