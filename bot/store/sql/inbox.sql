-- name: inbox_add(channel, account, event_id, room_ext, message_id, edit_seq, inbound, payload, at, received_at)^
INSERT INTO inbox (channel, account, event_id, room_ext, message_id, edit_seq, inbound, payload, at, received_at, state)
VALUES (:channel, :account, :event_id, :room_ext, :message_id, :edit_seq, :inbound, :payload, :at, :received_at, 'new')
ON CONFLICT DO NOTHING RETURNING id;

-- name: inbox_known(channel, account, event_id)^
SELECT id, state, message_seq FROM inbox
WHERE channel = :channel AND account = :account AND event_id = :event_id;

-- name: inbox_known_message(channel, account, room_ext, message_id, edit_seq)^
SELECT id, state, message_seq FROM inbox
WHERE channel = :channel AND account = :account AND room_ext = :room_ext AND message_id = :message_id
  AND edit_seq = :edit_seq AND message_id IS NOT NULL;

-- name: inbox_edits_of(channel, account, room_ext, message_id)
SELECT inbound, payload FROM inbox
WHERE channel = :channel AND account = :account AND room_ext = :room_ext AND message_id = :message_id
  AND edit_seq > 0 AND message_id IS NOT NULL ORDER BY edit_seq;

-- name: inbox_again(channel, account, room_ext)!
UPDATE inbox SET state = 'new', retry_at = 0
WHERE channel = :channel AND account = :account AND room_ext = :room_ext AND message_id IS NOT NULL
  AND state = 'done' AND message_seq IS NULL;

-- name: inbox_done(id, message_seq)!
UPDATE inbox SET state = 'done', message_seq = :message_seq, error = NULL WHERE id = :id;

-- name: inbox_failed(id, error, retry_at)!
UPDATE inbox SET attempts = attempts + 1, error = :error, retry_at = :retry_at WHERE id = :id;

-- name: inbox_quarantine(id, error)!
UPDATE inbox SET state = 'quarantined', attempts = attempts + 1, error = :error WHERE id = :id;

-- name: inbox_quarantined_since(channel, account, after, kind, what)^
-- Of a room, of what has none for the same reason, or of all rooms that are linked to nobody.
SELECT COUNT(*) AS n, MAX(i.id) AS last FROM inbox i
WHERE i.state = 'quarantined' AND i.id > :after AND i.channel = :channel AND i.account = :account
  AND CASE :kind
        WHEN 'room' THEN i.room_ext = :what
        WHEN 'nowhere' THEN i.room_ext = '' AND i.error = :what
        ELSE i.room_ext <> '' AND NOT EXISTS (
            SELECT 1 FROM room r WHERE r.channel = i.channel AND r.account = i.account AND r.ext_id = i.room_ext
              AND r.active = 1 AND r.kind <> 'unlinked') END;

-- name: inbox_retryable(now, n)
SELECT id, inbound, payload, attempts FROM inbox WHERE state = 'new' AND retry_at <= :now ORDER BY retry_at, id LIMIT :n;

-- name: inbox_counts()^
-- One look for each state: together they would walk the whole table instead of two small indexes.
SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'new') AS waiting,
       (SELECT COUNT(*) FROM inbox WHERE state = 'quarantined') AS quarantined,
       (SELECT MIN(received_at) FROM inbox WHERE state = 'new') AS oldest_at;
