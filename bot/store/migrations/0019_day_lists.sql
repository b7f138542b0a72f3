-- What each manager is told when his working day begins: one row for each person and beginning, planned ahead.

CREATE TABLE day_list (
    id        INTEGER PRIMARY KEY,
    person_id INTEGER NOT NULL REFERENCES person (id),
    due_at    INTEGER NOT NULL, -- the planned moment, never moved
    wake_at   INTEGER NOT NULL, -- when the watch looks at it: due_at, later after a failed attempt
    state     TEXT NOT NULL CHECK (state IN ('open', 'said', 'quiet', 'dropped', 'superseded', 'failed')),
    ended_at  INTEGER,
    attempts  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (person_id, due_at)
) STRICT;
CREATE UNIQUE INDEX day_list_next ON day_list (person_id) WHERE state = 'open';
CREATE INDEX day_list_open ON day_list (wake_at, id) WHERE state = 'open';
