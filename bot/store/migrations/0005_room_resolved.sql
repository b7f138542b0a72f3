-- A room as everybody reads it: its language and zone, else its person's, else its client's.

CREATE VIEW room_resolved AS
SELECT r.id, r.client_id, r.kind, r.channel, r.account, r.ext_id, r.name, r.person_id, r.active, r.unreachable,
       r.outsiders, COALESCE(r.locale, p.locale, c.locale) AS locale, COALESCE(r.zone, p.zone, c.zone) AS zone
FROM room r JOIN client c ON c.id = r.client_id LEFT JOIN person p ON p.id = r.person_id;
