-- The message in which a question stands: a reply to it is an answer, whoever replies and however late.

ALTER TABLE prompt ADD COLUMN outbox_id INTEGER REFERENCES outbox (id);
ALTER TABLE prompt DROP COLUMN after_seq;

CREATE INDEX prompt_asked_in ON prompt (outbox_id) WHERE outbox_id IS NOT NULL;
