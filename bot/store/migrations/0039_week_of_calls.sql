-- A week of calls, those that are over among them, is found without a walk of the table.

CREATE INDEX call_of_week ON call (starts_at, id) WHERE state <> 'cancelled';
