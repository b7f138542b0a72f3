-- What clients and people of the staff have said about nudges beside the agreement, as JSON (`{}`: nothing), and the
-- order of the channels by which somebody wants to be told (`[]`: as they come).

ALTER TABLE client ADD COLUMN nudges TEXT NOT NULL DEFAULT '{}';
ALTER TABLE person ADD COLUMN nudges TEXT NOT NULL DEFAULT '{}';
ALTER TABLE person ADD COLUMN notify TEXT NOT NULL DEFAULT '[]';

CREATE TABLE to_plan ( -- open tickets whose nudges are laid out anew in the watch's next turns
    ticket_id INTEGER PRIMARY KEY REFERENCES ticket (id)
) STRICT;
