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

-- name: calendars_call_by_secret(secret)^
SELECT c.* FROM call c JOIN client k ON k.id = c.client_id AND k.active = 1 WHERE c.secret = :secret;
