-- Who stands in for whose turn is asked whenever a step acts at night.

CREATE INDEX stand_in_agreed ON stand_in (ends_at) WHERE state = 'agreed';
