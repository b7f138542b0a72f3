-- What a platform says of somebody's language and zone counts in his own chats, where the roster names none for him.

ALTER TABLE person ADD COLUMN own_locale INTEGER NOT NULL DEFAULT 0 CHECK (own_locale IN (0, 1)); -- the roster names it
ALTER TABLE person ADD COLUMN own_zone INTEGER NOT NULL DEFAULT 0 CHECK (own_zone IN (0, 1));
ALTER TABLE person ADD COLUMN told_locale TEXT; -- by a platform; NULL: by none
ALTER TABLE person ADD COLUMN told_zone TEXT;

DROP VIEW room_resolved;
CREATE VIEW room_resolved AS
SELECT r.id, r.client_id, r.kind, r.channel, r.account, r.ext_id, r.name, r.person_id, r.active, r.unreachable,
       r.outsiders,
       COALESCE(r.locale, CASE p.own_locale WHEN 0 THEN p.told_locale END, p.locale, c.locale) AS locale,
       COALESCE(r.zone, CASE p.own_zone WHEN 0 THEN p.told_zone END, p.zone, c.zone) AS zone
FROM room r JOIN client c ON c.id = r.client_id LEFT JOIN person p ON p.id = r.person_id;
