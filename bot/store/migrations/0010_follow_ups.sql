-- What is asked again, or passed on, when nobody has acted by its moment. Business time throughout.

CREATE TABLE follow_up (
    id        INTEGER PRIMARY KEY,
    client_id INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('call', 'third_party')), -- a level called in; a wait for a third party
    subject   INTEGER NOT NULL, -- seq of the ticket's event that it follows
    n         INTEGER NOT NULL CHECK (n > 0), -- its turn, from 1
    due_at    INTEGER NOT NULL, -- the planned moment, never moved
    wake_at   INTEGER NOT NULL, -- when the watch looks at it: due_at, later after a failed attempt or during a hold
    state     TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped', 'failed')),
    ended_at  INTEGER,
    attempts  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (ticket_id, kind, subject, n),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id)
) STRICT;
CREATE INDEX follow_up_open ON follow_up (wake_at, id) WHERE state = 'open';
