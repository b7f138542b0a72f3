-- Steps that were tried and are still open: the auditor counts them from their planned moment.

CREATE INDEX step_failing ON step (due_at) WHERE state = 'open' AND attempts > 0;
