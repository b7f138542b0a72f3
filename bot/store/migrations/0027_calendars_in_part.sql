-- Calendars kept elsewhere of which not all can be read.

ALTER TABLE own_calendar ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0; -- entries of which not all is known
ALTER TABLE own_calendar ADD COLUMN told_part INTEGER NOT NULL DEFAULT 0 CHECK (told_part IN (0, 1));
