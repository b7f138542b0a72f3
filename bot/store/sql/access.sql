-- name: access_token_add(hash, purpose, client_id, person_id, channel, issuer, now, expires_at)!
INSERT INTO token (hash, purpose, client_id, person_id, channel, issuer, created_at, expires_at)
VALUES (:hash, :purpose, :client_id, :person_id, :channel, :issuer, :now, :expires_at);

-- name: access_token_use(hash, purpose, now)^
UPDATE token SET used_at = :now
WHERE hash = :hash AND purpose = :purpose AND used_at IS NULL AND expires_at > :now
RETURNING client_id, person_id, channel, issuer;

-- name: access_codes()
SELECT hash FROM token;

-- name: access_session_add(hash, purpose, person_id, client_id, sub, name, room_ext, now, expires_at)!
INSERT INTO session (hash, purpose, person_id, client_id, sub, name, room_ext, created_at, expires_at)
VALUES (:hash, :purpose, :person_id, :client_id, :sub, :name, :room_ext, :now, :expires_at);

-- name: access_board_session(hash, now)^
SELECT s.expires_at, p.id, p.key, p.client_id, p.name, p.role, p.locale, p.zone, p.active
FROM session s JOIN person p ON p.id = s.person_id
WHERE s.hash = :hash AND s.purpose = 'board' AND s.expires_at > :now AND p.active = 1 AND p.role <> 'contact';

-- name: access_visit(hash, channel, account, now)^
SELECT s.sub, s.name, s.expires_at, c.key AS client_key, r.ext_id,
       COALESCE(r.locale, c.locale) AS locale, COALESCE(r.zone, c.zone) AS zone
FROM session s
JOIN client c ON c.id = s.client_id
JOIN room r ON r.client_id = c.id AND r.ext_id = s.room_ext
WHERE s.hash = :hash AND s.purpose = 'widget' AND s.expires_at > :now AND c.active = 1
  AND r.channel = :channel AND r.account = :account AND r.active = 1;

-- name: access_session_end(hash)!
DELETE FROM session WHERE hash = :hash;

-- name: access_sessions_end(person_id)!
DELETE FROM session WHERE person_id = :person_id;

-- name: access_see(key_hash, expires_at)^
INSERT INTO seen (key_hash, expires_at) VALUES (:key_hash, :expires_at)
ON CONFLICT (key_hash) DO NOTHING
RETURNING key_hash;

-- name: access_forget_tokens(now)!
DELETE FROM token WHERE expires_at <= :now;

-- name: access_forget_sessions(now)!
DELETE FROM session WHERE expires_at <= :now;

-- name: access_forget_seen(now)!
DELETE FROM seen WHERE expires_at <= :now;
