-- Several nudges for one person go out as one message: the gravest is sent, the others ride on it and share its fate.

ALTER TABLE outbox ADD COLUMN rides_on INTEGER;
CREATE INDEX outbox_riders ON outbox (rides_on) WHERE rides_on IS NOT NULL;
