-- Who is on call outside hours: rotations, and who stands in for whose turn. Business time throughout.

CREATE INDEX responsible_person ON responsible (person_id);

CREATE TABLE rotation (
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    zone      TEXT NOT NULL,
    hand_over TEXT NOT NULL, -- "HH:MM" by wall clocks in its zone
    starts_on TEXT NOT NULL, -- the day of the first hand-over, "YYYY-MM-DD"
    days      INTEGER NOT NULL CHECK (days BETWEEN 1 AND 366), -- the length of a turn
    origin    TEXT NOT NULL CHECK (origin IN ('file', 'chat', 'api')),
    active    INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE rotation_person ( -- who takes turns, in order
    rotation_id INTEGER NOT NULL REFERENCES rotation (id),
    position    INTEGER NOT NULL CHECK (position >= 0),
    person_id   INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (rotation_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE rotation_for ( -- for whom: clients and agreements by their ids; without a row for everybody
    rotation_id INTEGER NOT NULL REFERENCES rotation (id),
    kind        TEXT NOT NULL CHECK (kind IN ('client', 'policy')),
    key         TEXT NOT NULL,
    PRIMARY KEY (rotation_id, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE stand_in ( -- somebody takes another's turn; the two rows of a swap have the same number
    id          INTEGER PRIMARY KEY,
    swap        TEXT NOT NULL, -- unguessable: it stands behind buttons
    rotation_id INTEGER NOT NULL REFERENCES rotation (id),
    person_id   INTEGER NOT NULL REFERENCES person (id), -- who is on call then
    instead_of  INTEGER NOT NULL REFERENCES person (id),
    starts_at   INTEGER NOT NULL,
    ends_at     INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'agreed', 'declined')),
    asked_by    INTEGER NOT NULL REFERENCES person (id),
    asks        INTEGER NOT NULL REFERENCES person (id), -- whose answer is missing
    created_at  INTEGER NOT NULL,
    CHECK (ends_at > starts_at)
) STRICT;
CREATE INDEX stand_in_swap ON stand_in (swap);
CREATE INDEX stand_in_current ON stand_in (rotation_id, ends_at);
