-- What staff is about to say to a client from the direct chat: shown and confirmed before it is sent.

CREATE TABLE draft (
    id         INTEGER PRIMARY KEY,
    client_id  INTEGER NOT NULL,
    ticket_id  INTEGER NOT NULL,
    person_id  INTEGER NOT NULL REFERENCES person (id),
    message_id INTEGER NOT NULL REFERENCES message (id), -- where the words were written
    skipped    INTEGER NOT NULL, -- how many characters of it stand before them
    state      TEXT NOT NULL CHECK (state IN ('open', 'sent', 'dropped')),
    created_at INTEGER NOT NULL,
    sent_id    INTEGER REFERENCES message (id), -- the message in the client's room
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id)
) STRICT;
CREATE INDEX draft_message ON draft (message_id, id);
