-- name: calls_add(uid, secret, client_id, contract_id, room_id, room_client_id, person_id, ticket_id, state, waits_for, starts_at, ends_at, asked_at, topic, kind, now)^
INSERT INTO call (uid, secret, client_id, contract_id, room_id, room_client_id, person_id, ticket_id, state, waits_for,
                  starts_at, ends_at, asked_at, topic, kind, changed_at)
VALUES (:uid, :secret, :client_id, :contract_id, :room_id, :room_client_id, :person_id, :ticket_id, :state, :waits_for,
        :starts_at, :ends_at, :asked_at, :topic, :kind, :now)
RETURNING *;

-- name: calls_change(id, was, person_id, state, waits_for, starts_at, ends_at, asked_at, outcome, kind, now)^
UPDATE call SET person_id = :person_id, state = :state, waits_for = :waits_for, starts_at = :starts_at, ends_at = :ends_at,
    asked_at = :asked_at, outcome = :outcome, kind = :kind, sequence = sequence + 1, changed_at = :now,
    invited_id = CASE WHEN :state = 'agreed' THEN :person_id ELSE invited_id END
WHERE id = :id AND sequence = :was
RETURNING *;

-- name: calls_get(id)^
SELECT * FROM call WHERE id = :id;

-- name: calls_secret(id)$
SELECT secret FROM call WHERE id = :id;

-- name: calls_open_of_client(client_id, now, n)
SELECT * FROM call WHERE client_id = :client_id AND state IN ('wished', 'proposed', 'agreed') AND ends_at > :now
ORDER BY starts_at, id LIMIT :n;

-- name: calls_open_of_person(person_id, now, n)
SELECT * FROM call WHERE person_id = :person_id AND state IN ('wished', 'proposed', 'agreed') AND ends_at > :now
ORDER BY starts_at, id LIMIT :n;

-- name: calls_open(now, n)
SELECT * FROM call WHERE state IN ('wished', 'proposed', 'agreed') AND ends_at > :now ORDER BY starts_at, id LIMIT :n;

-- name: calls_between(since, until, n)
SELECT * FROM call WHERE state <> 'cancelled' AND starts_at >= :since AND starts_at < :until
ORDER BY starts_at, id LIMIT :n;

-- name: calls_taken(person_id, since)
-- A call is no longer than a day.
SELECT id, starts_at, ends_at FROM call
WHERE person_id = :person_id AND state IN ('proposed', 'agreed') AND starts_at > :since - 86400000 AND ends_at > :since
ORDER BY starts_at;

-- name: calls_count(contract_id, since, until, kind)$
SELECT COUNT(*) FROM call
WHERE contract_id = :contract_id AND starts_at >= :since AND starts_at < :until
  AND state IN ('agreed', 'held', 'no_show') AND (:kind IS NULL OR kind = :kind);

-- name: calls_hours(person_id)$
SELECT hours FROM person WHERE id = :person_id;

-- name: reminders_drop(call_id, now)!
UPDATE call_reminder SET state = 'dropped', ended_at = :now WHERE call_id = :call_id AND state = 'open';

-- name: reminders_add(client_id, call_id, sequence, kind, side, due_at)*!
INSERT INTO call_reminder (client_id, call_id, sequence, kind, side, due_at, wake_at, state)
VALUES (:client_id, :call_id, :sequence, :kind, :side, :due_at, :due_at, 'open')
ON CONFLICT (call_id, sequence, kind, side) DO NOTHING;

-- name: reminders_due(now, n)
SELECT * FROM call_reminder WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, id LIMIT :n;

-- name: reminders_due_of_call(call_id, now)
SELECT * FROM call_reminder WHERE call_id = :call_id AND state = 'open' AND wake_at <= :now ORDER BY due_at, id;

-- name: reminders_next()^
SELECT wake_at FROM call_reminder WHERE state = 'open' ORDER BY wake_at LIMIT 1;

-- name: reminders_end(id, state, now)!
UPDATE call_reminder SET state = :state, ended_at = :now WHERE id = :id AND state = 'open';

-- name: reminders_push_on(id, wake_at)!
UPDATE call_reminder SET wake_at = :wake_at, attempts = attempts + 1 WHERE id = :id AND state = 'open';

-- name: covered_add(absence_id, now)!
INSERT INTO covered (absence_id, due_at, wake_at, state)
SELECT a.id, :now, :now, 'open' FROM absence a WHERE a.id = :absence_id AND EXISTS (
    SELECT 1 FROM call c WHERE c.person_id = a.person_id AND c.state IN ('wished', 'proposed', 'agreed')
      AND c.starts_at > :now AND c.starts_at < a.until_at AND c.ends_at > a.starts_at);

-- name: covered_due(now, n)
SELECT absence_id, attempts, due_at FROM covered WHERE state = 'open' AND wake_at <= :now ORDER BY wake_at, absence_id LIMIT :n;

-- name: covered_next()^
SELECT wake_at FROM covered WHERE state = 'open' ORDER BY wake_at LIMIT 1;

-- name: covered_end(absence_id, state, now)!
UPDATE covered SET state = :state, ended_at = :now WHERE absence_id = :absence_id AND state = 'open';

-- name: covered_wake(absence_id, wake_at)!
UPDATE covered SET wake_at = :wake_at, attempts = 0 WHERE absence_id = :absence_id AND state = 'open';

-- name: covered_push_on(absence_id, wake_at)!
UPDATE covered SET wake_at = :wake_at, attempts = attempts + 1 WHERE absence_id = :absence_id AND state = 'open';
