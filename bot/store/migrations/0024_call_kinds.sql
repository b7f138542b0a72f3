-- What a call is for: help with something that does not work, or to learn.

ALTER TABLE call ADD COLUMN kind TEXT NOT NULL DEFAULT 'on_demand' CHECK (kind IN ('on_demand', 'training'));
