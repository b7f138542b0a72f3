-- What stood in the room when a question was asked, and whether it was asked once more: of the question, not of its data.

ALTER TABLE prompt ADD COLUMN after_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE prompt ADD COLUMN asked_again INTEGER NOT NULL DEFAULT 0;
