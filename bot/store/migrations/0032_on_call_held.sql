-- Who was on call by a rotation when it was looked at last, so that a change of hands is told. Business time throughout.

CREATE TABLE on_call (
    rotation_id INTEGER PRIMARY KEY REFERENCES rotation (id),
    person_id   INTEGER REFERENCES person (id), -- NULL: not looked at yet
    wake_at     INTEGER, -- when it may be somebody else; NULL: never, as things stand
    attempts    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX on_call_wake ON on_call (wake_at) WHERE wake_at IS NOT NULL;
INSERT INTO on_call (rotation_id, wake_at) SELECT id, 0 FROM rotation;

-- Whatever a turn depends on, whoever changes it: the watch looks again.
CREATE TRIGGER on_call_begins AFTER INSERT ON rotation
    BEGIN INSERT INTO on_call (rotation_id, wake_at) VALUES (NEW.id, 0); END;
CREATE TRIGGER on_call_rotation AFTER UPDATE ON rotation
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id = NEW.id; END;
CREATE TRIGGER on_call_joins AFTER INSERT ON rotation_person
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id = NEW.rotation_id; END;
CREATE TRIGGER on_call_leaves AFTER DELETE ON rotation_person
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id = OLD.rotation_id; END;
CREATE TRIGGER on_call_away AFTER INSERT ON absence
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id IN
        (SELECT rotation_id FROM rotation_person WHERE person_id = NEW.person_id); END;
CREATE TRIGGER on_call_back AFTER UPDATE OF until_at, starts_at ON absence
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id IN
        (SELECT rotation_id FROM rotation_person WHERE person_id = NEW.person_id); END;
CREATE TRIGGER on_call_not_away AFTER DELETE ON absence
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id IN
        (SELECT rotation_id FROM rotation_person WHERE person_id = OLD.person_id); END;
CREATE TRIGGER on_call_decided AFTER INSERT ON stand_in
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id = NEW.rotation_id; END;
CREATE TRIGGER on_call_swapped AFTER UPDATE OF state ON stand_in
    BEGIN UPDATE on_call SET wake_at = 0 WHERE rotation_id = NEW.rotation_id; END;
