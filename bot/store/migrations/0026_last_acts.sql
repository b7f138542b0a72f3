-- The last act of a member of staff is kept whether it can be taken back or not, and whether it is about a ticket or not.

CREATE TABLE act_new (
    id         INTEGER PRIMARY KEY,
    client_id  INTEGER,
    ticket_id  INTEGER, -- the first of those it touched; NULL: none, as with an absence
    person_id  INTEGER NOT NULL REFERENCES person (id),
    command    TEXT NOT NULL,
    noted      TEXT NOT NULL, -- JSON: events, posts, moved messages, the owners before
    at         INTEGER NOT NULL, -- machine
    undone_at  INTEGER, -- machine
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id),
    CHECK ((ticket_id IS NULL) = (client_id IS NULL))
) STRICT;
INSERT INTO act_new (id, client_id, ticket_id, person_id, command, noted, at, undone_at)
SELECT id, client_id, ticket_id, person_id, command, noted, at, undone_at FROM act;
DROP TABLE act;
ALTER TABLE act_new RENAME TO act;
CREATE INDEX act_of_person ON act (person_id, id);
CREATE INDEX act_at ON act (at);
