-- Whose account a person's own chat is with; NULL where the chat was opened before anybody noted it. Who has left has no
-- account: its next owner may link it.

ALTER TABLE room ADD COLUMN person_ext TEXT;
DELETE FROM identity WHERE person_id IN (SELECT id FROM person WHERE active = 0);
