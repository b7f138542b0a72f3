-- name: people_client(id)^
SELECT id, key, name, locale, zone FROM client WHERE id = :id;

-- name: people_client_by_key(key)^
SELECT id, key, name, locale, zone FROM client WHERE key = :key AND active = 1;

-- name: people_person(id)^
SELECT id, key, client_id, name, role, locale, zone, active FROM person WHERE id = :id;

-- name: people_person_by_key(key)^
SELECT id, key, client_id, name, role, locale, zone, active FROM person WHERE key = :key;

-- name: people_person_by_identity(channel, account, ext_id)^
SELECT p.id, p.key, p.client_id, p.name, p.role, p.locale, p.zone, p.active
FROM identity i JOIN person p ON p.id = i.person_id
WHERE i.channel = :channel AND i.account = :account AND i.ext_id = :ext_id AND p.active = 1;

-- name: people_contact_in(client_id, channel, account, circle)$
SELECT p.id FROM person p JOIN identity i ON i.person_id = p.id
WHERE p.client_id = :client_id AND p.active = 1 AND i.channel = :channel AND i.account = :account
  AND SUBSTR(i.ext_id, 1, LENGTH(:circle)) = :circle LIMIT 1;

-- name: people_identities(client_id, channel, account)
SELECT i.ext_id FROM person p JOIN identity i ON i.person_id = p.id
WHERE p.client_id = :client_id AND p.active = 1 AND i.channel = :channel AND i.account = :account;

-- name: people_identity_of(person_id, channel)^
SELECT ext_id FROM identity WHERE person_id = :person_id AND channel = :channel ORDER BY account, ext_id LIMIT 1;

-- name: people_add_identity(channel, account, ext_id, person_id)!
INSERT INTO identity (channel, account, ext_id, person_id, origin)
VALUES (:channel, :account, :ext_id, :person_id, 'chat') ON CONFLICT DO NOTHING;

-- name: people_tell(id, locale, zone)!
UPDATE person SET told_locale = COALESCE(NULLIF(:locale, ''), told_locale), told_zone = COALESCE(NULLIF(:zone, ''), told_zone)
WHERE id = :id
    AND (:locale NOT IN ('', COALESCE(told_locale, '')) OR :zone NOT IN ('', COALESCE(told_zone, '')));

-- name: people_responsible(client_id)
SELECT p.id, p.key, p.client_id, p.name, p.role, p.locale, p.zone, p.active
FROM responsible r JOIN person p ON p.id = r.person_id
WHERE r.client_id = :client_id AND p.active = 1 ORDER BY r.position;

-- name: people_looked_after()
SELECT id FROM client k WHERE active = 1 AND EXISTS (SELECT 1 FROM responsible r WHERE r.client_id = k.id) ORDER BY id;

-- name: people_with_role(role)
SELECT id, key, client_id, name, role, locale, zone, active FROM person
WHERE role = :role AND active = 1 ORDER BY id;

-- name: people_receiving(id)^
SELECT zone, hours, nudges, notify FROM person WHERE id = :id;

-- name: people_shadow(id)$
SELECT CASE WHEN shadow = 1 OR EXISTS (SELECT 1 FROM meta WHERE key = 'shadow' AND value = '1') THEN 1 ELSE 0 END
FROM client WHERE id = :id;

-- name: people_ids_in_shadow()
SELECT id FROM client
WHERE id <> 0 AND (shadow = 1 OR EXISTS (SELECT 1 FROM meta WHERE key = 'shadow' AND value = '1')) ORDER BY id;

-- name: people_in_shadow()
SELECT name FROM client WHERE shadow = 1 AND active = 1 ORDER BY name;

-- name: people_client_nudges(id)$
SELECT nudges FROM client WHERE id = :id;

-- name: people_contract(client_id)^
SELECT id, client_id, policy_id, plan, variant, starts_at, ends_at, suspended_at FROM contract
WHERE client_id = :client_id AND active = 1;

-- name: rooms_by_id(id)^
SELECT * FROM room_resolved r
WHERE r.id = :id;

-- name: rooms_linked(id)^
SELECT * FROM room_resolved r
WHERE r.id = :id AND r.active = 1 AND r.kind IN ('client', 'team');

-- name: rooms_by_address(channel, account, ext_id)^
SELECT * FROM room_resolved r
WHERE r.channel = :channel AND r.account = :account AND r.ext_id = :ext_id AND r.active = 1;

-- name: rooms_by_alias(channel, account, ext_id)^
SELECT * FROM room_resolved r
WHERE r.active = 1 AND r.id = (SELECT room_id FROM room_alias
    WHERE channel = :channel AND account = :account AND ext_id = :ext_id);

-- name: rooms_leave_alias(channel, account, ext_id, room_id)!
INSERT INTO room_alias (channel, account, ext_id, room_id) VALUES (:channel, :account, :ext_id, :room_id)
ON CONFLICT (channel, account, ext_id) DO UPDATE SET room_id = excluded.room_id;

-- name: rooms_move(id, ext_id)!
UPDATE room SET ext_id = :ext_id WHERE id = :id;

-- name: rooms_close(id)!
UPDATE room SET active = 0 WHERE id = :id;

-- name: rooms_rename(id, name)!
-- What the roster calls a room stays.
UPDATE room SET name = :name WHERE id = :id AND origin <> 'file';

-- name: rooms_origin(id)$
SELECT origin FROM room WHERE id = :id;

-- name: rooms_visited(id, who, at)^
INSERT INTO visit (room_id, who, at) VALUES (:id, :who, :at)
ON CONFLICT (room_id, who) DO UPDATE SET at = excluded.at WHERE at <= excluded.at RETURNING who;

-- name: rooms_admit(id, who, name)^
INSERT INTO outsider (room_id, who, name) VALUES (:id, :who, :name) ON CONFLICT DO NOTHING RETURNING who;

-- name: rooms_dismiss(id, who)^
DELETE FROM outsider WHERE room_id = :id AND who = :who RETURNING name;

-- name: rooms_outsiders(id)
SELECT who FROM outsider WHERE room_id = :id;

-- name: rooms_of_channel(channel)
SELECT * FROM room_resolved r
WHERE r.channel = :channel AND r.active = 1 AND r.kind <> 'unlinked' ORDER BY r.id;

-- name: rooms_direct(person_id)
-- Those that reach a pocket before the one on the board; `notify` is the order the person has named.
SELECT r.*, p.notify FROM room_resolved r JOIN person p ON p.id = r.person_id
WHERE r.person_id = :person_id AND r.active = 1 ORDER BY r.channel = 'inapp', r.id;

-- name: rooms_team()
SELECT * FROM room_resolved r
WHERE r.client_id = 0 AND r.kind = 'team' AND r.active = 1 ORDER BY r.id;

-- name: rooms_heed(id, seq)!
UPDATE room SET heeded_seq = :seq WHERE id = :id AND heeded_seq < :seq;

-- name: rooms_of_client(client_id)
SELECT * FROM room_resolved r
WHERE r.client_id = :client_id AND r.kind = 'client' AND r.active = 1 ORDER BY r.id;

-- name: rooms_add(client_id, kind, channel, account, ext_id, name, person_id, person_ext, locale, zone, origin, now)^
INSERT INTO room (client_id, kind, channel, account, ext_id, name, person_id, person_ext, locale, zone, origin, created_at)
VALUES (:client_id, :kind, :channel, :account, :ext_id, :name, :person_id, :person_ext, :locale, :zone, :origin, :now)
RETURNING id;

-- name: rooms_take_seq(id)$
UPDATE room SET next_seq = next_seq + 1 WHERE id = :id RETURNING next_seq - 1;

-- name: rooms_set_locale(id, locale)!
UPDATE room SET locale = :locale WHERE id = :id;

-- name: rooms_set_unreachable(id, reason)!
UPDATE room SET unreachable = :reason WHERE id = :id;
