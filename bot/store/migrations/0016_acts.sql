-- What a member of staff did a moment ago, so that he can take it back. Ids only; kept for a day.

CREATE TABLE act (
    id         INTEGER PRIMARY KEY,
    client_id  INTEGER NOT NULL,
    ticket_id  INTEGER NOT NULL, -- the first of those it touched
    person_id  INTEGER NOT NULL REFERENCES person (id),
    command    TEXT NOT NULL,
    noted      TEXT NOT NULL, -- JSON: events, posts, moved messages, the owners before
    at         INTEGER NOT NULL, -- machine
    undone_at  INTEGER, -- machine
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id)
) STRICT;
CREATE INDEX act_of_person ON act (person_id, id);
CREATE INDEX act_at ON act (at);
