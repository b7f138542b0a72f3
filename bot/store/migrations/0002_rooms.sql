-- Rooms of platforms move, change their audience and get albums and edits.

CREATE TABLE room_alias ( -- addresses a room has left: late events still find it
    channel TEXT NOT NULL,
    account TEXT NOT NULL,
    ext_id  TEXT NOT NULL,
    room_id INTEGER NOT NULL REFERENCES room (id),
    PRIMARY KEY (channel, account, ext_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_alias_room ON room_alias (room_id);

ALTER TABLE room ADD COLUMN outsiders TEXT; -- who besides the client's people can read along; NULL = nobody

ALTER TABLE message ADD COLUMN album TEXT; -- what was sent as one with it
CREATE INDEX message_album ON message (room_id, album) WHERE album IS NOT NULL;

CREATE TABLE revision ( -- what stood in a message before it was edited; the message holds what stands there now
    message_id  INTEGER NOT NULL REFERENCES message (id),
    n           INTEGER NOT NULL, -- dense from 1
    text        TEXT NOT NULL,
    until_at    INTEGER NOT NULL, -- when it was replaced
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, n)
) STRICT, WITHOUT ROWID;
