-- Clients in shadow: everything is worked out for them, nothing is posted to them. The whole installation is in shadow
-- while meta says so.

ALTER TABLE client ADD COLUMN shadow INTEGER NOT NULL DEFAULT 0 CHECK (shadow IN (0, 1));
