-- By what a calendar kept elsewhere is asked whether it has changed since it was read.

ALTER TABLE own_calendar ADD COLUMN etag TEXT NOT NULL DEFAULT '';
ALTER TABLE own_calendar ADD COLUMN modified TEXT NOT NULL DEFAULT ''; -- as its server wrote it
ALTER TABLE own_calendar ADD COLUMN whole_at INTEGER; -- when all of it was read last; NULL: never
