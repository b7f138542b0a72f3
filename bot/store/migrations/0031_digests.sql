-- What cannot be read is told of at once, and what comes after it in one line when the hour, or the day, is over.

CREATE TABLE digest (
    id       INTEGER PRIMARY KEY,
    channel  TEXT NOT NULL,
    account  TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('room', 'strangers', 'nowhere')), -- nowhere: not even the room can be read
    what     TEXT NOT NULL, -- the room's address; of what has none the reason
    told_id  INTEGER NOT NULL REFERENCES inbox (id), -- the last event that was told of
    due_at   INTEGER NOT NULL, -- business; never moved
    wake_at  INTEGER NOT NULL, -- when the watch looks at it: due_at, later after a failed attempt
    state    TEXT NOT NULL CHECK (state IN ('open', 'told', 'quiet', 'failed')),
    ended_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX digest_next ON digest (channel, account, kind, what) WHERE state = 'open';
CREATE INDEX digest_open ON digest (wake_at, id) WHERE state = 'open';
