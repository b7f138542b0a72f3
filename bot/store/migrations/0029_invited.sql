-- Whose calendar of the staff a call may stand in: who was sent the invitation last. NULL: nobody has agreed to it yet.

ALTER TABLE call ADD COLUMN invited_id INTEGER REFERENCES person (id);
UPDATE call SET invited_id = person_id WHERE sequence > 1 OR state IN ('agreed', 'held', 'no_show');
