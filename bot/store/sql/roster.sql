-- name: roster_clients()
SELECT key, name, locale, zone, nudges, shadow, origin, active FROM client WHERE id >= 0 ORDER BY id;

-- name: roster_people()
SELECT p.key, c.key AS client, p.name, p.role, p.locale, p.zone, p.hours, p.nudges, p.notify, p.meeting, p.calendar,
       p.own_locale, p.own_zone, p.origin, p.active
FROM person p JOIN client c ON c.id = p.client_id ORDER BY p.id;

-- name: roster_identities()
SELECT i.channel, i.account, i.ext_id, p.key AS person, i.origin
FROM identity i JOIN person p ON p.id = i.person_id ORDER BY i.channel, i.account, i.ext_id;

-- name: roster_duties()
SELECT c.key AS client, p.key AS person
FROM responsible r JOIN client c ON c.id = r.client_id JOIN person p ON p.id = r.person_id
ORDER BY c.id, r.position;

-- name: roster_contracts()
SELECT c.key AS client, k.policy_id, k.plan, k.variant, k.starts_at, k.ends_at, k.suspended_at, k.fee, k.origin
FROM contract k JOIN client c ON c.id = k.client_id WHERE k.active = 1 ORDER BY c.id;

-- name: roster_rooms()
SELECT r.channel, r.account, r.ext_id, r.kind, c.key AS client, p.key AS person, r.name, r.locale, r.zone, r.origin
FROM room r JOIN client c ON c.id = r.client_id LEFT JOIN person p ON p.id = r.person_id
WHERE r.active = 1 AND r.kind <> 'unlinked' ORDER BY r.id;

-- name: roster_moved()
SELECT a.channel, a.account, a.ext_id, r.ext_id AS now_at FROM room_alias a JOIN room r ON r.id = a.room_id;

-- name: roster_client_id(key)$
SELECT id FROM client WHERE key = :key;

-- name: roster_person_id(key)$
SELECT id FROM person WHERE key = :key;

-- name: roster_put_client(key, name, locale, zone, nudges, shadow)!
INSERT INTO client (key, name, locale, zone, nudges, shadow, origin)
VALUES (:key, :name, :locale, :zone, :nudges, :shadow, 'file')
ON CONFLICT (key) DO UPDATE SET name = excluded.name, locale = excluded.locale, zone = excluded.zone,
    nudges = excluded.nudges, shadow = excluded.shadow, active = 1;

-- name: roster_close_client(key)!
UPDATE client SET active = 0 WHERE key = :key;

-- name: roster_put_person(key, client_id, name, role, locale, zone, hours, nudges, notify, meeting, calendar, own_locale, own_zone)!
INSERT INTO person (key, client_id, name, role, locale, zone, hours, nudges, notify, meeting, calendar,
    own_locale, own_zone, origin)
VALUES (:key, :client_id, :name, :role, :locale, :zone, :hours, :nudges, :notify, :meeting, :calendar,
    :own_locale, :own_zone, 'file')
ON CONFLICT (key) DO UPDATE SET name = excluded.name, role = excluded.role, locale = excluded.locale,
    zone = excluded.zone, hours = excluded.hours, nudges = excluded.nudges, notify = excluded.notify,
    meeting = excluded.meeting, calendar = excluded.calendar, own_locale = excluded.own_locale,
    own_zone = excluded.own_zone, active = 1;

-- name: roster_close_person(key)!
UPDATE person SET active = 0 WHERE key = :key;

-- name: roster_identities_of(person_id)
SELECT channel, account, ext_id FROM identity WHERE person_id = :person_id;

-- name: roster_add_identity(channel, account, ext_id, person_id)!
-- Where a code has linked it to the same person, it is the file's from now on.
INSERT INTO identity (channel, account, ext_id, person_id, origin)
VALUES (:channel, :account, :ext_id, :person_id, 'file')
ON CONFLICT (channel, account, ext_id) DO UPDATE SET person_id = excluded.person_id, origin = 'file';

-- name: roster_close_own_chats(channel, account, ext_id)!
-- The chat with the bot of whoever has this identity; where nobody noted whose account a chat is with, that one too: the
-- next word from an account that is still his opens it again.
UPDATE room SET active = 0
WHERE active = 1 AND kind = 'direct' AND origin <> 'file' AND channel = :channel AND account = :account
  AND COALESCE(person_ext, :ext_id) = :ext_id
  AND person_id = (SELECT person_id FROM identity
                   WHERE channel = :channel AND account = :account AND ext_id = :ext_id);

-- name: roster_drop_identity(channel, account, ext_id)!
DELETE FROM identity WHERE channel = :channel AND account = :account AND ext_id = :ext_id;

-- name: roster_drop_duties(client_id)!
DELETE FROM responsible WHERE client_id = :client_id;

-- name: roster_add_duty(client_id, position, person_id)!
INSERT INTO responsible (client_id, position, person_id) VALUES (:client_id, :position, :person_id);

-- name: roster_add_contract(client_id, policy, plan, variant, starts_at, ends_at, suspended_at, fee)!
INSERT INTO contract (client_id, policy_id, plan, variant, starts_at, ends_at, suspended_at, fee, origin)
VALUES (:client_id, :policy, :plan, :variant, :starts_at, :ends_at, :suspended_at, :fee, 'file');

-- name: roster_change_contract(client_id, starts_at, ends_at, suspended_at, fee)!
UPDATE contract SET starts_at = :starts_at, ends_at = :ends_at, suspended_at = :suspended_at, fee = :fee
WHERE client_id = :client_id AND active = 1;

-- name: roster_close_contract(client_id)!
UPDATE contract SET active = 0 WHERE client_id = :client_id AND active = 1;

-- name: roster_close_room(channel, account, ext_id)!
UPDATE room SET active = 0 WHERE channel = :channel AND account = :account AND ext_id = :ext_id AND active = 1;

-- name: roster_reopen_room(channel, account, ext_id, client_id, kind, person_id, name, locale, zone)^
UPDATE room SET active = 1, unreachable = NULL, name = :name, locale = :locale, zone = :zone
WHERE id = (SELECT max(id) FROM room
            WHERE channel = :channel AND account = :account AND ext_id = :ext_id AND active = 0
              AND client_id = :client_id AND kind = :kind AND COALESCE(person_id, 0) = COALESCE(:person_id, 0)
              AND origin = 'file')
RETURNING id;

-- name: roster_change_room(channel, account, ext_id, name, locale, zone)!
-- Where a chat has linked it just so, it is the file's from now on.
UPDATE room SET name = :name, locale = :locale, zone = :zone, origin = 'file'
WHERE channel = :channel AND account = :account AND ext_id = :ext_id AND active = 1;

-- name: roster_open_of_client(key)
SELECT t.ref FROM ticket t JOIN client c ON c.id = t.client_id
WHERE c.key = :key AND t.status = 'open' ORDER BY t.id;

-- name: roster_open_of_owner(key)
SELECT t.ref FROM ticket t JOIN person p ON p.id = t.owner_id
WHERE p.key = :key AND t.status = 'open' ORDER BY t.id;

-- name: roster_demo_clients()
SELECT c.id AS client_id, p.id AS person_id
FROM client c JOIN contract k ON k.client_id = c.id AND k.active = 1
JOIN person p ON p.id = (SELECT min(id) FROM person WHERE client_id = c.id AND active = 1)
WHERE c.id > 0 AND c.active = 1 ORDER BY c.id;

-- name: roster_clients_of(person_id)
SELECT c.key FROM responsible r JOIN client c ON c.id = r.client_id
WHERE r.person_id = :person_id AND r.position = 0 AND c.active = 1 ORDER BY c.key;

-- name: roster_absences()
SELECT p.key AS person, a.starts_at, a.ends_at FROM absence a JOIN person p ON p.id = a.person_id
WHERE a.origin = 'file' AND a.listed = 1 AND a.ends_at IS NOT NULL ORDER BY a.id;

-- name: roster_absence_ids(person_id, starts_at, ends_at)
SELECT id FROM absence
WHERE person_id = :person_id AND starts_at = :starts_at AND ends_at = :ends_at AND origin = 'file' AND listed = 1
  AND stage IN ('ahead', 'away');

-- name: roster_drop_absence(person_id, starts_at, ends_at)!
UPDATE absence SET listed = 0
WHERE person_id = :person_id AND starts_at = :starts_at AND ends_at = :ends_at AND origin = 'file';

-- name: roster_rotations()
SELECT * FROM rotation WHERE origin = 'file' AND active = 1 ORDER BY id;

-- name: roster_rotation_people()
SELECT r.key AS rotation, p.key AS person FROM rotation_person t
JOIN rotation r ON r.id = t.rotation_id JOIN person p ON p.id = t.person_id ORDER BY t.rotation_id, t.position;

-- name: roster_rotation_for()
SELECT r.key AS rotation, f.kind, f.key FROM rotation_for f JOIN rotation r ON r.id = f.rotation_id
ORDER BY f.rotation_id, f.kind, f.key;

-- name: roster_put_rotation(key, name, zone, hand_over, starts_on, days)$
INSERT INTO rotation (key, name, zone, hand_over, starts_on, days, origin)
VALUES (:key, :name, :zone, :hand_over, :starts_on, :days, 'file')
ON CONFLICT (key) DO UPDATE SET name = excluded.name, zone = excluded.zone, hand_over = excluded.hand_over,
    starts_on = excluded.starts_on, days = excluded.days, active = 1
RETURNING id;

-- name: roster_close_rotation(key)!
UPDATE rotation SET active = 0 WHERE key = :key;

-- name: roster_drop_rotation_people(rotation_id)!
DELETE FROM rotation_person WHERE rotation_id = :rotation_id;

-- name: roster_add_rotation_person(rotation_id, position, person_id)!
INSERT INTO rotation_person (rotation_id, position, person_id) VALUES (:rotation_id, :position, :person_id);

-- name: roster_drop_rotation_for(rotation_id)!
DELETE FROM rotation_for WHERE rotation_id = :rotation_id;

-- name: roster_add_rotation_for(rotation_id, kind, key)!
INSERT INTO rotation_for (rotation_id, kind, key) VALUES (:rotation_id, :kind, :key);
