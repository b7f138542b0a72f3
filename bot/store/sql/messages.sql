-- name: messages_add(client_id, room_id, room_client_id, seq, direction, party, person_id, author, sender_ext, ext_id, thread, reply_to, text, body, files, album, internal, at, recorded_at, ticket_id, inbox_id, outbox_id)^
INSERT INTO message (client_id, room_id, room_client_id, seq, direction, party, person_id, author, sender_ext, ext_id,
                     thread, reply_to, text, body, files, album, internal, at, recorded_at, ticket_id, inbox_id, outbox_id)
VALUES (:client_id, :room_id, :room_client_id, :seq, :direction, :party, :person_id, :author, :sender_ext, :ext_id,
        :thread, :reply_to, :text, :body, :files, :album, :internal, :at, :recorded_at, :ticket_id, :inbox_id, :outbox_id)
RETURNING id;

-- name: messages_join(id, ticket_id)!
UPDATE message SET ticket_id = :ticket_id WHERE id = :id;

-- name: messages_by_ext(room_id, ext_id)^
SELECT id, seq, party, ticket_id, at, room_id, person_id FROM message WHERE room_id = :room_id AND ext_id = :ext_id;

-- name: messages_of_album(room_id, album)^
SELECT id, seq, party, ticket_id, at, room_id, person_id FROM message
WHERE room_id = :room_id AND album = :album AND album IS NOT NULL ORDER BY id LIMIT 1;

-- name: messages_files(id)$
SELECT files FROM message WHERE id = :id;

-- name: messages_set_files(id, files)!
UPDATE message SET files = :files WHERE id = :id;

-- name: messages_keep_revision(id, until_at, recorded_at)!
INSERT INTO revision (message_id, n, text, until_at, recorded_at)
SELECT :id, 1 + (SELECT COUNT(*) FROM revision WHERE message_id = :id), text, :until_at, :recorded_at
FROM message WHERE id = :id;

-- name: messages_rewrite(id, text)!
UPDATE message SET text = :text WHERE id = :id;

-- name: messages_restate(id, text, body, outbox_id)!
UPDATE message SET text = :text, body = :body, outbox_id = :outbox_id WHERE id = :id;

-- name: messages_revised_of_ticket(ticket_id)
-- CROSS JOIN keeps the order of the tables on SQLite: the ticket's messages first.
SELECT v.message_id, v.text FROM message m CROSS JOIN revision v
WHERE m.ticket_id = :ticket_id AND m.ticket_id IS NOT NULL AND v.message_id = m.id ORDER BY v.message_id, v.n;

-- name: messages_file_place(id)^
SELECT m.files, r.channel, r.account FROM message m JOIN room r ON r.id = m.room_id WHERE m.id = :id;

-- name: messages_by_id(id)^
SELECT id, seq, party, ticket_id, at, room_id, person_id FROM message WHERE id = :id;

-- name: messages_text(id)^
SELECT text FROM message WHERE id = :id;

-- name: messages_place(id)^
SELECT ext_id, thread FROM message WHERE id = :id;

-- name: messages_attach_note(id, ticket_id, client_id)!
UPDATE message SET ticket_id = :ticket_id, client_id = :client_id, internal = 1 WHERE id = :id AND room_client_id = 0;

-- name: messages_arrived(id, oid, ext_id)!
UPDATE message SET ext_id = :ext_id WHERE id = :id AND ext_id = :oid;

-- name: messages_detach_note(id)!
UPDATE message SET ticket_id = NULL, client_id = room_client_id, internal = 0 WHERE id = :id AND room_client_id = 0;

-- name: messages_of_ticket(ticket_id, n)
SELECT m.id, m.seq, m.room_id, m.direction, m.party, m.author, m.text, m.body, m.internal, m.at, m.ext_id, m.files
FROM message m WHERE m.ticket_id = :ticket_id ORDER BY m.id LIMIT :n;
