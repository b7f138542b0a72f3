-- name: conversation_before(room_id, before, n)
SELECT m.seq, m.direction, m.author, m.party, m.sender_ext, m.at, m.text, m.body, m.ext_id, m.files, t.ref
FROM message m LEFT JOIN ticket t ON t.id = m.ticket_id
WHERE m.room_id = :room_id AND m.seq < :before
ORDER BY m.seq DESC LIMIT :n;

-- name: conversation_since(room_id, seq, n)
SELECT m.seq, m.direction, m.author, m.party, m.sender_ext, m.at, m.text, m.body, m.ext_id, m.files, t.ref
FROM message m LEFT JOIN ticket t ON t.id = m.ticket_id
WHERE m.room_id = :room_id AND m.seq > :seq
ORDER BY m.seq LIMIT :n;

-- name: conversation_room(channel, account, ext_id)^
SELECT id, next_seq, heeded_seq FROM room
WHERE channel = :channel AND account = :account AND ext_id = :ext_id AND active = 1;

-- name: conversation_delivery(oid)^
-- A message about several tickets is about none of them.
SELECT o.id, CASE WHEN g.many THEN 0 ELSE o.client_id END AS client_id,
       CASE WHEN g.many THEN NULL ELSE o.ticket_id END AS ticket_id
FROM outbox o JOIN (SELECT h.id, EXISTS (SELECT 1 FROM outbox x WHERE x.rides_on = h.id) AS many
                    FROM outbox h WHERE h.oid = :oid) g ON g.id = o.id;

-- name: conversation_newest()$
SELECT COALESCE(MAX(id), 0) FROM message;

-- name: conversation_moved(channel, after, upto)
SELECT DISTINCT r.account, r.ext_id
FROM message m JOIN room r ON r.id = m.room_id
WHERE m.id > :after AND m.id <= :upto AND r.channel = :channel;
