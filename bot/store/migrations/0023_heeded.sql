-- What lives on the board arrives nowhere until somebody looks: how far a room was before somebody's eyes, or passed on
-- from. Whatever was said so far counts as heeded.

ALTER TABLE room ADD COLUMN heeded_seq INTEGER NOT NULL DEFAULT 0;
UPDATE room SET heeded_seq = next_seq - 1;
