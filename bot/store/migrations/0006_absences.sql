-- Who is away when. Business time throughout.

CREATE TABLE absence (
    id         INTEGER PRIMARY KEY,
    person_id  INTEGER NOT NULL REFERENCES person (id),
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER, -- as declared; NULL: until he says that he is back
    back_at    INTEGER, -- he came back before the end, or it was called off
    until_at   INTEGER NOT NULL, -- the end that holds, the earlier of both; 9007199254740991 while nobody knows it
    note       TEXT NOT NULL DEFAULT '', -- to whoever stands in; never shown to a client
    origin     TEXT NOT NULL CHECK (origin IN ('file', 'chat', 'feed')),
    uid        TEXT NOT NULL DEFAULT '', -- of the event in the person's own calendar
    listed     INTEGER NOT NULL DEFAULT 1 CHECK (listed IN (0, 1)), -- where it comes from still has it
    created_at INTEGER NOT NULL,
    stage      TEXT NOT NULL DEFAULT 'ahead' CHECK (stage IN ('ahead', 'away', 'over', 'failed')),
    wake_at    INTEGER, -- when the watch looks at it: its start, then its end; later after a failed attempt
    attempts   INTEGER NOT NULL DEFAULT 0,
    CHECK (ends_at IS NULL OR ends_at > starts_at)
) STRICT;
CREATE INDEX absence_person ON absence (person_id, starts_at);
CREATE INDEX absence_current ON absence (until_at);
CREATE INDEX absence_wake ON absence (wake_at, id) WHERE wake_at IS NOT NULL;
