-- What people's own calendars, kept elsewhere, say of their time. Business time throughout; absences are rows of their own.

CREATE TABLE own_calendar ( -- how the last look at a calendar ended
    person_id     INTEGER PRIMARY KEY REFERENCES person (id),
    mark          TEXT NOT NULL, -- of the address, so that what another one said is not kept
    read_at       INTEGER, -- when it was read last; NULL: never
    failing_since INTEGER, -- NULL: it was read at the last look
    error         TEXT NOT NULL DEFAULT '',
    told_at       INTEGER -- when its owner last heard that it cannot be read
) STRICT;

CREATE TABLE busy_time (
    person_id INTEGER NOT NULL REFERENCES person (id),
    starts_at INTEGER NOT NULL,
    ends_at   INTEGER NOT NULL,
    PRIMARY KEY (person_id, starts_at, ends_at),
    CHECK (ends_at > starts_at)
) STRICT, WITHOUT ROWID;
