-- The buttons of one message are one row, no longer one each. The n-th button, from 0, is named `<keyboard>.<n>`;
-- the buttons posted before keep their names, which have no dot: each is the one button of a keyboard of its own.

CREATE TABLE keyboard ( -- what buttons mean; the id is unguessable, the right to press is checked at the press
    id             TEXT PRIMARY KEY,
    client_id      INTEGER NOT NULL,
    room_id        INTEGER NOT NULL,
    room_client_id INTEGER NOT NULL,
    ticket_id      INTEGER,
    commands       TEXT NOT NULL, -- JSON: what each button says
    created_at     INTEGER NOT NULL,
    pressed_at     INTEGER, -- the first press of any of them
    FOREIGN KEY (room_id, room_client_id) REFERENCES room (id, client_id),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id),
    CHECK (room_client_id IN (client_id, 0))
) STRICT, WITHOUT ROWID;

INSERT INTO keyboard (id, client_id, room_id, room_client_id, ticket_id, commands, created_at, pressed_at)
SELECT id, client_id, room_id, room_client_id, ticket_id, json_array(json_extract(args, '$.text')), created_at, pressed_at
FROM action;

DROP TABLE action;
