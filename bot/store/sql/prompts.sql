-- name: prompts_ask(room_id, person_ext, kind, client_id, ticket_id, data, expires_at)!
INSERT INTO prompt (room_id, person_ext, kind, client_id, ticket_id, data, expires_at)
VALUES (:room_id, :person_ext, :kind, :client_id, :ticket_id, :data, :expires_at);

-- name: prompts_asked_in(room_id, person_ext, outbox_id)!
UPDATE prompt SET outbox_id = :outbox_id
WHERE room_id = :room_id AND person_ext = :person_ext AND answered_at IS NULL AND outbox_id IS NULL;

-- name: prompts_in(room_id, ext_id)^
SELECT p.*, COALESCE(o.thread, o.reply_to) AS thread FROM message m JOIN outbox o ON o.id = m.outbox_id JOIN prompt p ON p.outbox_id = m.outbox_id
WHERE m.room_id = :room_id AND m.ext_id = :ext_id;

-- name: prompts_in_thread(room_id, thread, one, other)^
SELECT p.*, COALESCE(o.thread, o.reply_to) AS thread FROM prompt p JOIN outbox o ON o.id = p.outbox_id
WHERE p.room_id = :room_id AND p.answered_at IS NULL AND p.kind IN (:one, :other)
  AND COALESCE(o.thread, o.reply_to) = :thread
ORDER BY p.id DESC LIMIT 1;

-- name: prompts_open(room_id, person_ext)^
SELECT p.*, COALESCE(o.thread, o.reply_to) AS thread FROM prompt p LEFT JOIN outbox o ON o.id = p.outbox_id
WHERE p.room_id = :room_id AND p.person_ext = :person_ext AND p.answered_at IS NULL;

-- name: prompts_ask_again(id)$
UPDATE prompt SET asked_again = 1 WHERE id = :id AND asked_again = 0 RETURNING id;

-- name: prompts_answered(id, now)!
UPDATE prompt SET answered_at = :now WHERE id = :id;

-- name: prompts_drop(kind, ref, now)!
UPDATE prompt SET answered_at = :now
WHERE answered_at IS NULL AND kind = :kind AND json_extract(data, '$.ref') LIKE :ref || '@%';

-- name: prompts_close(room_id, person_ext, now)!
UPDATE prompt SET answered_at = :now WHERE room_id = :room_id AND person_ext = :person_ext AND answered_at IS NULL;
