-- Absences that cover calls which are booked already: whoever is concerned is told once. Business time.

CREATE TABLE covered (
    absence_id INTEGER PRIMARY KEY REFERENCES absence (id),
    due_at     INTEGER NOT NULL, -- when it was declared, never moved
    wake_at    INTEGER NOT NULL, -- when the watch looks at it: due_at, later after a failed attempt
    state      TEXT NOT NULL CHECK (state IN ('open', 'said', 'dropped', 'failed')),
    ended_at   INTEGER,
    attempts   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX covered_open ON covered (wake_at, absence_id) WHERE state = 'open';
