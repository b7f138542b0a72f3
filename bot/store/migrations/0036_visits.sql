-- When somebody from outside came into a room or left it last: what a history tells of the time before is known.

CREATE TABLE visit (
    room_id INTEGER NOT NULL REFERENCES room (id),
    who     TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (room_id, who)
) STRICT, WITHOUT ROWID;
