-- name: calendars_secret(person_id)$
SELECT secret FROM calendar_address WHERE person_id = :person_id;

-- name: calendars_put(person_id, secret, now)!
INSERT INTO calendar_address (person_id, secret, made_at) VALUES (:person_id, :secret, :now)
ON CONFLICT (person_id) DO UPDATE SET secret = excluded.secret, made_at = excluded.made_at;

-- name: calendars_owner(secret)$
SELECT a.person_id FROM calendar_address a JOIN person p ON p.id = a.person_id
WHERE a.secret = :secret AND p.active = 1 AND p.role <> 'contact';

-- name: calendars_calls(person_id, since, until, n)
-- What takes his time, or would; the calls of clients that are none any more are nobody's business.
SELECT c.*, k.name AS client_name FROM call c JOIN client k ON k.id = c.client_id AND k.active = 1
WHERE c.person_id = :person_id AND c.state IN ('wished', 'proposed', 'agreed', 'held')
  AND c.starts_at >= :since AND c.starts_at < :until
ORDER BY c.starts_at, c.id LIMIT :n;

-- name: calendars_meeting(person_id)$
SELECT meeting FROM person WHERE id = :person_id;

-- name: calendars_kept()
-- Of calendars kept elsewhere, with what became of the last look.
SELECT p.id, p.calendar, o.mark, o.read_at, o.failing_since, o.error, o.told_at, o.etag, o.modified, o.whole_at,
       o.left_out, o.told_part
FROM person p LEFT JOIN own_calendar o ON o.person_id = p.id
WHERE p.active = 1 AND p.role <> 'contact' AND p.calendar <> '' ORDER BY p.id;

-- name: calendars_forgotten()
-- Whose calendar is read no more, but was.
SELECT o.person_id FROM own_calendar o JOIN person p ON p.id = o.person_id WHERE p.calendar = '' OR p.active = 0;

-- name: calendars_forget(person_id)!
DELETE FROM own_calendar WHERE person_id = :person_id;

-- name: calendars_took(person_id, mark, etag, modified, left_out, now)!
INSERT INTO own_calendar (person_id, mark, etag, modified, left_out, read_at, whole_at)
VALUES (:person_id, :mark, :etag, :modified, :left_out, :now, :now)
ON CONFLICT (person_id) DO UPDATE SET mark = excluded.mark, etag = excluded.etag, modified = excluded.modified,
    read_at = excluded.read_at, whole_at = excluded.whole_at, failing_since = NULL, error = '', told_at = NULL,
    left_out = excluded.left_out, told_part = MIN(told_part, excluded.left_out);

-- name: calendars_unchanged(person_id, now)!
UPDATE own_calendar SET read_at = :now, failing_since = NULL, error = '', told_at = NULL WHERE person_id = :person_id;

-- name: calendars_failed(person_id, mark, error, now)!
INSERT INTO own_calendar (person_id, mark, failing_since, error) VALUES (:person_id, :mark, :now, :error)
ON CONFLICT (person_id) DO UPDATE SET failing_since = COALESCE(failing_since, excluded.failing_since),
    error = excluded.error;

-- name: calendars_told(person_id, now)!
UPDATE own_calendar SET told_at = :now WHERE person_id = :person_id;

-- name: calendars_told_part(person_id)!
UPDATE own_calendar SET told_part = 1 WHERE person_id = :person_id;

-- name: calendars_left_out(person_id)$
SELECT left_out FROM own_calendar WHERE person_id = :person_id;

-- name: busy_drop(person_id)!
DELETE FROM busy_time WHERE person_id = :person_id;

-- name: busy_add(person_id, starts_at, ends_at)*!
INSERT INTO busy_time (person_id, starts_at, ends_at) VALUES (:person_id, :starts_at, :ends_at)
ON CONFLICT DO NOTHING;

-- name: busy_of(person_id, since)
SELECT starts_at, ends_at FROM busy_time WHERE person_id = :person_id AND ends_at > :since ORDER BY starts_at, ends_at;

-- name: calendars_absences(person_id, since)
SELECT id, uid, starts_at, until_at FROM absence
WHERE person_id = :person_id AND origin = 'feed' AND uid <> '' AND ends_at > :since ORDER BY starts_at, id;

-- name: calendars_unname(id)!
UPDATE absence SET uid = '' WHERE id = :id;

-- name: calendars_call_by_secret(secret)^
SELECT c.* FROM call c JOIN client k ON k.id = c.client_id AND k.active = 1 WHERE c.secret = :secret;
