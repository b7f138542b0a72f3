-- name: outbox_put(oid, dedupe_key, client_id, room_id, room_client_id, ticket_id, notice, rank, must_say, thread, reply_to, origin, created_at)$
INSERT INTO outbox (oid, dedupe_key, client_id, room_id, room_client_id, ticket_id, notice, rank, must_say, thread,
                    reply_to, origin, state, created_at)
VALUES (:oid, :dedupe_key, :client_id, :room_id, :room_client_id, :ticket_id, :notice, :rank, :must_say, :thread,
        :reply_to, :origin, 'pending', :created_at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: outbox_get(id)^
SELECT o.id, o.oid, o.dedupe_key, o.client_id, o.room_id, o.room_client_id, o.ticket_id, o.notice, o.rank, o.must_say,
       o.thread, o.reply_to, o.state, o.attempts, o.ambiguous, o.looks, o.lease_token, o.claimed_at, o.error, o.withdrawn,
       o.origin, o.next_path, o.edit_of, (SELECT COUNT(*) FROM outbox x WHERE x.rides_on = o.id) AS riders,
       r.channel, r.account, r.ext_id AS room_ext, r.name AS room_name, r.locale, r.zone
FROM outbox o JOIN room_resolved r ON r.id = o.room_id
WHERE o.id = :id;

-- name: outbox_heads(channel, now, n)
-- The first row of each room's line that may go now, gravest first. Rooms are stepped through by index, so that the
-- cost follows the number of rooms with a line, not its length. A courtesy that has to wait lets the others pass.
WITH RECURSIVE line (room_id) AS (
    SELECT MIN(room_id) FROM outbox WHERE state IN ('pending', 'sending', 'unknown')
    UNION ALL
    SELECT (SELECT MIN(o.room_id) FROM outbox o
            WHERE o.state IN ('pending', 'sending', 'unknown') AND o.room_id > line.room_id)
    FROM line WHERE line.room_id IS NOT NULL
)
SELECT o.id, o.room_id, o.room_client_id, r.account, r.kind
FROM line JOIN room r ON r.id = line.room_id
JOIN outbox o ON o.id = (
    SELECT h.id FROM outbox h
    WHERE h.room_id = r.id AND h.state IN ('pending', 'sending', 'unknown') AND h.rides_on IS NULL
      AND NOT (h.must_say = 0 AND h.state = 'pending' AND h.not_before > :now)
    ORDER BY CASE WHEN h.room_client_id = 0 THEN h.rank ELSE 0 END, h.id LIMIT 1)
LEFT JOIN rate_bucket of_room ON of_room.scope = 'room:' || r.id
LEFT JOIN rate_bucket of_account ON of_account.scope = 'account:' || r.channel || ':' || r.account
WHERE r.channel = :channel AND r.active = 1 AND r.unreachable IS NULL
  AND o.state = 'pending' AND o.not_before <= :now
  AND NOT EXISTS (SELECT 1 FROM outbox f WHERE f.room_id = r.id AND f.state IN ('sending', 'unknown'))
  AND COALESCE(of_room.blocked_until, 0) <= :now AND COALESCE(of_account.blocked_until, 0) <= :now
ORDER BY o.rank, o.id LIMIT :n;

-- name: outbox_claim(id, owner, token, until, now)$
UPDATE outbox SET state = 'sending', owner = :owner, lease_token = :token, lease_until = :until, claimed_at = :now
WHERE id = :id AND state = 'pending' RETURNING id;

-- name: outbox_join(head, room_id, now)!
-- What waits in the room and asks somebody to act rides on the row that was claimed there, if that does too; not what may
-- have arrived already.
UPDATE outbox SET rides_on = :head
WHERE room_id = :room_id AND state IN ('pending', 'sending', 'unknown') AND state = 'pending' AND room_client_id = 0
  AND rides_on IS NULL AND ticket_id IS NOT NULL AND not_before <= :now AND id <> :head AND ambiguous = 0
  AND SUBSTR(dedupe_key, 1, INSTR(dedupe_key, ':')) IN ('nudge:', 'objective:', 'repeat:', 'breach:', 'esc:', 'third-party:');

-- name: outbox_riders(head)
SELECT id FROM outbox WHERE rides_on = :head AND state IN ('pending', 'parked', 'sent') ORDER BY rank, id;

-- name: outbox_alight(head)!
UPDATE outbox SET rides_on = NULL WHERE rides_on = :head;

-- name: outbox_arrived(head, provider_id, now)!
UPDATE outbox SET state = 'sent', provider_id = :provider_id, sent_at = :now, error = NULL
WHERE rides_on = :head AND state IN ('pending', 'parked');

-- name: outbox_lease_until(id, token)$
SELECT o.lease_until FROM outbox o JOIN room r ON r.id = o.room_id
WHERE o.id = :id AND o.lease_token = :token AND o.state = 'sending'
  AND o.withdrawn IS NULL AND r.active = 1 AND r.unreachable IS NULL;

-- name: outbox_mark_sent(id, token, provider_id, rendered, now)^
UPDATE outbox SET state = 'sent', provider_id = :provider_id, rendered = :rendered, sent_at = :now, error = NULL
WHERE id = :id AND lease_token = :token AND state IN ('sending', 'unknown', 'pending', 'parked')
RETURNING oid, dedupe_key, client_id, room_id, room_client_id, ticket_id, thread, reply_to;

-- name: outbox_waiting(room_id, ticket_id)
SELECT id, dedupe_key FROM outbox
WHERE room_id = :room_id AND state IN ('pending', 'sending', 'unknown') AND state = 'pending' AND ticket_id = :ticket_id;

-- name: outbox_refreshes(room_id, reply_to)
SELECT id FROM outbox
WHERE room_id = :room_id AND state IN ('pending', 'sending', 'unknown') AND state = 'pending' AND reply_to = :reply_to
  AND SUBSTR(dedupe_key, 1, 9) = 'keyboard:';

-- name: outbox_files(room_id, entry)
SELECT id FROM outbox
WHERE room_id = :room_id AND state IN ('pending', 'sending', 'unknown') AND SUBSTR(dedupe_key, 1, LENGTH(:entry)) = :entry
UNION ALL
SELECT id FROM outbox
WHERE room_id = :room_id AND state IN ('parked', 'dead') AND state = 'parked'
  AND SUBSTR(dedupe_key, 1, LENGTH(:entry)) = :entry;

-- name: outbox_file_came(room_id, entry, beyond)$
-- Of the files of an entry that were put for a room, or for another of the same person's: whether one may have come.
SELECT MAX(CASE WHEN o.state IN ('sending', 'unknown', 'sent') OR o.ambiguous > 0 THEN 1 ELSE 0 END)
FROM outbox o JOIN room r ON r.id = o.room_id
WHERE o.dedupe_key >= :entry AND o.dedupe_key < :beyond
  AND (r.id = :room_id OR r.person_id = (SELECT person_id FROM room WHERE id = :room_id));

-- name: outbox_last_word(room_id)^
-- Of our own posts the last one, if nothing was said in the room after it.
SELECT o.id, o.ticket_id, o.dedupe_key, o.provider_id, o.claimed_at FROM room r
JOIN message m ON m.room_id = r.id AND m.seq = r.next_seq - 1
JOIN outbox o ON o.id = m.outbox_id
WHERE r.id = :room_id AND o.state = 'sent' AND o.claimed_at IS NOT NULL;

-- name: outbox_note_edit(id, token, edit_of)!
UPDATE outbox SET edit_of = :edit_of WHERE id = :id AND lease_token = :token AND state = 'sending';

-- name: outbox_has_message(id, room_id, provider_id, oid)^
SELECT id, outbox_id FROM message WHERE outbox_id = :id
UNION ALL SELECT id, outbox_id FROM message WHERE room_id = :room_id AND ext_id IN (:provider_id, :oid) LIMIT 1;

-- name: outbox_shown(room_id, provider_id)^
SELECT m.id, m.ticket_id, m.body, m.outbox_id, o.notice FROM message m JOIN outbox o ON o.id = m.outbox_id
WHERE m.room_id = :room_id AND m.ext_id = :provider_id AND m.body IS NOT NULL;

-- name: outbox_back_to_pending(id, token, not_before, counted, error)$
UPDATE outbox SET state = CASE WHEN withdrawn IS NULL THEN 'pending' ELSE 'superseded' END,
    not_before = :not_before, attempts = attempts + :counted, error = COALESCE(withdrawn, :error, error),
    edit_of = CASE WHEN state = 'sending' AND ambiguous = 0 AND edit_of <> '' THEN NULL ELSE edit_of END
WHERE id = :id AND lease_token = :token AND state IN ('sending', 'unknown') RETURNING state;

-- name: outbox_mark_unknown(id, token, error, not_before)$
UPDATE outbox SET state = 'unknown', ambiguous = ambiguous + 1, looks = 0, error = :error, not_before = :not_before
WHERE id = :id AND lease_token = :token AND state = 'sending' RETURNING id;

-- name: outbox_look_again(id, token, not_before, absent)!
UPDATE outbox SET not_before = :not_before, looks = looks + :absent
WHERE id = :id AND lease_token = :token AND state = 'unknown';

-- name: outbox_set_aside(id, token, state, error)$
UPDATE outbox SET state = CASE WHEN withdrawn IS NULL THEN :state ELSE 'superseded' END,
    error = COALESCE(withdrawn, :error)
WHERE id = :id AND lease_token = :token AND state IN ('sending', 'unknown') RETURNING state;

-- name: outbox_lapsed(now, owner)
-- Sends whose lease ran out; with an owner given, also all that are not this owner's. Not ordered: an ORDER BY id
-- would make SQLite walk the whole table instead of the few rows in flight.
SELECT id, lease_token FROM outbox
WHERE state IN ('sending', 'unknown') AND state = 'sending'
  AND (lease_until <= :now OR owner <> COALESCE(:owner, owner));

-- name: outbox_owned(owner)
SELECT id, lease_token FROM outbox
WHERE state IN ('sending', 'unknown') AND state = 'sending' AND owner = :owner;

-- name: outbox_unknown_due(now)
SELECT id FROM outbox WHERE state IN ('sending', 'unknown') AND state = 'unknown' AND not_before <= :now
ORDER BY rank, id;

-- name: outbox_of_ticket(ticket_id)
SELECT id, dedupe_key FROM outbox
WHERE ticket_id = :ticket_id AND ticket_id IS NOT NULL AND state IN ('pending', 'parked', 'sending', 'unknown')
ORDER BY id;

-- name: outbox_withdraw(id, reason)$
UPDATE outbox SET state = CASE WHEN state IN ('pending', 'parked') THEN 'superseded' ELSE state END,
    error = CASE WHEN state IN ('pending', 'parked') THEN :reason ELSE error END, withdrawn = :reason
WHERE id = :id AND state IN ('pending', 'parked', 'sending', 'unknown') RETURNING state;

-- name: outbox_by_key(dedupe_key)$
SELECT id FROM outbox WHERE dedupe_key = :dedupe_key;

-- name: outbox_open_of(client_id)
SELECT id FROM outbox WHERE state IN ('pending', 'sending', 'unknown') AND room_client_id = :client_id;

-- name: outbox_stuck_of(client_id)
SELECT id FROM outbox WHERE state IN ('parked', 'dead') AND state = 'parked' AND room_client_id = :client_id;

-- name: outbox_in_silent_rooms()
-- CROSS JOIN keeps the order of the tables on SQLite: the silent rooms are few, the open rows may be many.
SELECT o.id, COALESCE(r.unreachable, 'the room was closed') AS reason
FROM room r CROSS JOIN outbox o
WHERE o.room_id = r.id AND (r.unreachable IS NOT NULL OR r.active = 0)
  AND o.state IN ('pending', 'sending', 'unknown') AND o.state = 'pending'
ORDER BY o.rank, o.id;

-- name: outbox_park_pending(id, reason)!
UPDATE outbox SET state = 'parked', error = :reason WHERE id = :id AND state = 'pending';

-- name: outbox_silence_room(room_id, reason)!
UPDATE room SET unreachable = :reason WHERE id = :room_id AND unreachable IS NULL;

-- name: outbox_silence_account(channel, account, reason)!
UPDATE room SET unreachable = 'account: ' || :reason
WHERE channel = :channel AND account = :account AND active = 1 AND unreachable IS NULL;

-- name: outbox_unsilence_account(channel, account)!
UPDATE room SET unreachable = NULL
WHERE channel = :channel AND account = :account AND unreachable IS NOT NULL
  AND SUBSTR(unreachable, 1, 8) = 'account:';

-- name: outbox_release_account(channel, account)!
-- The doubts of a file are counted on: while all else works its uploads may stay without a clear answer for ever.
UPDATE outbox SET state = 'pending', not_before = 0, attempts = 0,
    ambiguous = CASE WHEN SUBSTR(dedupe_key, 1, 5) = 'file:' THEN ambiguous ELSE 0 END
WHERE state IN ('parked', 'dead') AND state = 'parked' AND room_id IN (
    SELECT id FROM room WHERE channel = :channel AND account = :account AND active = 1 AND unreachable IS NULL);

-- name: outbox_release_room(room_id)!
UPDATE outbox SET state = 'pending', not_before = 0, attempts = 0,
    ambiguous = CASE WHEN SUBSTR(dedupe_key, 1, 5) = 'file:' THEN ambiguous ELSE 0 END
WHERE room_id = :room_id AND state IN ('parked', 'dead') AND state = 'parked';

-- name: outbox_revive(id)!
UPDATE outbox SET state = 'pending', not_before = 0, attempts = 0, ambiguous = 0 WHERE id = :id AND state = 'dead';

-- name: outbox_parked_accounts()
-- Accounts that a probe could free: with parked rows, but not those of rooms that are gone themselves, or with rooms
-- that were silenced with the account, for which nothing need wait.
SELECT r.channel, r.account FROM outbox o JOIN room r ON r.id = o.room_id
WHERE o.state IN ('parked', 'dead') AND o.state = 'parked' AND r.active = 1
  AND (r.unreachable IS NULL OR SUBSTR(r.unreachable, 1, 8) = 'account:')
UNION
SELECT channel, account FROM room
WHERE (unreachable IS NOT NULL OR active = 0) AND +active = 1 AND SUBSTR(unreachable, 1, 8) = 'account:'
ORDER BY 1, 2;

-- name: outbox_next_not_before(now)$
-- The next machine moment at which a waiting row, a lease, a look or a pause comes to its end.
SELECT MIN(at) FROM (
    SELECT MIN(CASE WHEN state = 'sending' THEN lease_until ELSE not_before END) AS at FROM outbox
    WHERE state IN ('pending', 'sending', 'unknown')
      AND CASE WHEN state = 'sending' THEN lease_until ELSE not_before END > :now
    UNION ALL
    SELECT MIN(blocked_until) FROM rate_bucket WHERE blocked_until > :now
) AS moments;

-- name: outbox_unproved(before, n)
-- What should have reached somebody of the staff and has not, the gravest first.
SELECT id FROM outbox
WHERE state IN ('pending', 'sending', 'unknown') AND room_client_id = 0 AND rank <= 30 AND next_path = 0
  AND created_at <= :before
ORDER BY rank, id LIMIT :n;

-- name: outbox_unheeded(before, n)
-- What was posted in rooms of the staff that live on the board, and nobody has looked at so far.
SELECT m.outbox_id AS id, m.room_id, m.seq FROM room r CROSS JOIN message m
WHERE r.channel = 'inapp' AND r.client_id = 0 AND r.active = 1 AND r.heeded_seq < r.next_seq - 1
  AND m.room_id = r.id AND m.seq > r.heeded_seq AND m.outbox_id IS NOT NULL AND m.at <= :before
ORDER BY m.room_id, m.seq LIMIT :n;

-- name: outbox_oldest_unproved()$
SELECT MIN(created_at) FROM outbox
WHERE state IN ('pending', 'sending', 'unknown') AND room_client_id = 0 AND rank <= 30 AND next_path = 0;

-- name: outbox_set_next_path(id, next_path)!
UPDATE outbox SET next_path = :next_path WHERE id = :id;

-- name: outbox_tried(origin)
SELECT room_id FROM outbox WHERE id = :origin UNION SELECT room_id FROM outbox WHERE origin = :origin;

-- name: outbox_lost()$
-- Notices of open tickets that reached nobody by any path.
SELECT COUNT(*) FROM outbox o LEFT JOIN ticket t ON t.id = o.ticket_id
WHERE o.next_path = 2 AND o.state NOT IN ('sent', 'superseded') AND COALESCE(t.status, 'open') = 'open'
  AND NOT EXISTS (
    SELECT 1 FROM outbox s WHERE s.state = 'sent' AND (s.id = o.origin OR s.origin = COALESCE(o.origin, o.id)));

-- name: outbox_oldest_unsent()$
SELECT MIN(created_at) FROM outbox WHERE state IN ('pending', 'sending', 'unknown');

-- name: outbox_stuck(before)
-- What should have moved by `before`: due again, out of lease or unknown since then.
SELECT id FROM outbox
WHERE state IN ('pending', 'sending', 'unknown') AND (
    (state = 'pending' AND not_before > 0 AND not_before < :before) OR (state = 'sending' AND lease_until < :before)
    OR (state = 'unknown' AND claimed_at < :before));

-- name: outbox_counts()
SELECT state, COUNT(*) AS n FROM outbox WHERE state IN ('pending', 'sending', 'unknown') GROUP BY state
UNION ALL
SELECT state, COUNT(*) AS n FROM outbox WHERE state IN ('parked', 'dead') GROUP BY state;
