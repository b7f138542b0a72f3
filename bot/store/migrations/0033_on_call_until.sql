-- Until when somebody is on call, as it stood when it was looked at last: whoever has it hears of another end.

ALTER TABLE on_call ADD COLUMN until_at INTEGER; -- NULL: nothing changes as far as we look
UPDATE on_call SET until_at = NULLIF(wake_at, 0);
