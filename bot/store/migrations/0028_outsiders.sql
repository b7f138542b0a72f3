-- Who can read along in a room is kept one by one: people who came, and whom the room is shared with.

CREATE TABLE outsider (
    room_id INTEGER NOT NULL REFERENCES room (id),
    who     TEXT NOT NULL, -- a person's id as identities have it, or what the platform calls the circle that reads along
    name    TEXT NOT NULL,
    PRIMARY KEY (room_id, who)
) STRICT, WITHOUT ROWID;
INSERT INTO outsider (room_id, who, name) SELECT id, outsiders, outsiders FROM room WHERE outsiders IS NOT NULL;

DROP VIEW room_resolved;
ALTER TABLE room DROP COLUMN outsiders;
CREATE VIEW room_resolved AS
SELECT r.id, r.client_id, r.kind, r.channel, r.account, r.ext_id, r.name, r.person_id, r.active, r.unreachable,
       (SELECT group_concat(o.name, ', ') FROM outsider o WHERE o.room_id = r.id) AS outsiders,
       COALESCE(r.locale, CASE p.own_locale WHEN 0 THEN p.told_locale END, p.locale, c.locale) AS locale,
       COALESCE(r.zone, CASE p.own_zone WHEN 0 THEN p.told_zone END, p.zone, c.zone) AS zone
FROM room r JOIN client c ON c.id = r.client_id LEFT JOIN person p ON p.id = r.person_id;
