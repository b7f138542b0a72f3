-- What does not get through goes by the next path: the copies of one notice have the id of its first row in common, so
-- that each room is tried once. `next_path`: 0 not needed so far, 1 taken, 2 none was left, which is an alarm.

ALTER TABLE outbox ADD COLUMN origin INTEGER;
ALTER TABLE outbox ADD COLUMN next_path INTEGER NOT NULL DEFAULT 0;
CREATE INDEX outbox_origin ON outbox (origin) WHERE origin IS NOT NULL;
CREATE INDEX outbox_unproved ON outbox (created_at)
    WHERE state IN ('pending', 'sending', 'unknown') AND room_client_id = 0 AND rank <= 30 AND next_path = 0;
CREATE INDEX outbox_lost ON outbox (id) WHERE next_path = 2;
