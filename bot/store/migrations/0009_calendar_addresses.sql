-- Where somebody is called, the calendar he keeps himself, and the private address at which somebody's own calendar asks for his calls. Business time.

CREATE TABLE calendar_address (
    person_id INTEGER PRIMARY KEY REFERENCES person (id),
    secret    TEXT NOT NULL UNIQUE, -- whoever knows it reads times and names of clients; renewed, the one before is void
    made_at   INTEGER NOT NULL
) STRICT;
ALTER TABLE person ADD COLUMN meeting TEXT NOT NULL DEFAULT ''; -- where his calls are held: a link, as the setting has it
ALTER TABLE person ADD COLUMN calendar TEXT NOT NULL DEFAULT ''; -- of his own: an address that is as good as a password
