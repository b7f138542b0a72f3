-- name: messages_add(client_id, room_id, room_client_id, seq, direction, party, person_id, author, sender_ext, ext_id, thread, reply_to, text, body, files, internal, at, recorded_at, ticket_id, inbox_id, outbox_id)^
INSERT INTO message (client_id, room_id, room_client_id, seq, direction, party, person_id, author, sender_ext, ext_id,
                     thread, reply_to, text, body, files, internal, at, recorded_at, ticket_id, inbox_id, outbox_id)
VALUES (:client_id, :room_id, :room_client_id, :seq, :direction, :party, :person_id, :author, :sender_ext, :ext_id,
        :thread, :reply_to, :text, :body, :files, :internal, :at, :recorded_at, :ticket_id, :inbox_id, :outbox_id)
RETURNING id;

-- name: messages_join(id, ticket_id)!
UPDATE message SET ticket_id = :ticket_id WHERE id = :id;

-- name: messages_by_ext(room_id, ext_id)^
SELECT id, seq, party, ticket_id, at, room_id, person_id FROM message WHERE room_id = :room_id AND ext_id = :ext_id;

-- name: messages_by_id(id)^
SELECT id, seq, party, ticket_id, at, room_id, person_id FROM message WHERE id = :id;

-- name: messages_text(id)^
SELECT text FROM message WHERE id = :id;

-- name: messages_ext(id)^
SELECT ext_id FROM message WHERE id = :id;

-- name: messages_attach_note(id, ticket_id, client_id)!
UPDATE message SET ticket_id = :ticket_id, client_id = :client_id, internal = 1 WHERE id = :id AND room_client_id = 0;

-- name: messages_of_ticket(ticket_id, n)
SELECT m.id, m.seq, m.room_id, m.direction, m.party, m.author, m.text, m.body, m.internal, m.at, m.ext_id, m.files
FROM message m WHERE m.ticket_id = :ticket_id ORDER BY m.id LIMIT :n;
