-- Calls with managers, and what is to be said about them when. Business time throughout.

CREATE TABLE call (
    id             INTEGER PRIMARY KEY, -- shown as C-<id>
    uid            TEXT NOT NULL UNIQUE, -- of its invitation, the same for ever
    secret         TEXT NOT NULL UNIQUE, -- of the private address where the invitation lies
    client_id      INTEGER NOT NULL,
    contract_id    INTEGER NOT NULL,
    room_id        INTEGER NOT NULL, -- where the client hears of it
    room_client_id INTEGER NOT NULL,
    person_id      INTEGER NOT NULL REFERENCES person (id), -- who of the staff
    ticket_id      INTEGER,
    state          TEXT NOT NULL CHECK (state IN ('wished', 'proposed', 'agreed', 'cancelled', 'held', 'no_show')),
    waits_for      TEXT CHECK (waits_for IN ('client', 'staff')), -- whose answer is missing
    starts_at      INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL,
    asked_at       INTEGER NOT NULL, -- the notice counts from here
    topic          TEXT NOT NULL DEFAULT '',
    outcome        TEXT NOT NULL DEFAULT '', -- the manager's note; never shown to the client
    sequence       INTEGER NOT NULL DEFAULT 0, -- raised by every change
    changed_at     INTEGER NOT NULL,
    UNIQUE (id, client_id),
    FOREIGN KEY (room_id, room_client_id) REFERENCES room (id, client_id),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id),
    FOREIGN KEY (contract_id, client_id) REFERENCES contract (id, client_id),
    CHECK (room_client_id = client_id),
    CHECK (ends_at > starts_at AND ends_at - starts_at <= 86400000),
    CHECK ((waits_for IS NOT NULL) = (state IN ('wished', 'proposed'))),
    CHECK (state <> 'wished' OR waits_for = 'staff')
) STRICT;
CREATE INDEX call_taken ON call (person_id, starts_at) WHERE state IN ('proposed', 'agreed');
CREATE INDEX call_open_client ON call (client_id, starts_at) WHERE state IN ('wished', 'proposed', 'agreed');
CREATE INDEX call_open_person ON call (person_id, starts_at) WHERE state IN ('wished', 'proposed', 'agreed');
CREATE INDEX call_open ON call (starts_at, id) WHERE state IN ('wished', 'proposed', 'agreed');
CREATE INDEX call_contract ON call (contract_id, starts_at);

-- Nobody is called twice at once: what looks free to two at the same moment, one of them gets.
CREATE TRIGGER call_takes_its_time BEFORE INSERT ON call WHEN NEW.state IN ('proposed', 'agreed')
BEGIN
    SELECT RAISE(ABORT, 'the time of the call is taken') WHERE EXISTS (
        SELECT 1 FROM call c WHERE c.person_id = NEW.person_id AND c.state IN ('proposed', 'agreed')
          AND c.starts_at > NEW.starts_at - 86400000 AND c.starts_at < NEW.ends_at AND c.ends_at > NEW.starts_at);
END;
CREATE TRIGGER call_keeps_its_time BEFORE UPDATE ON call WHEN NEW.state IN ('proposed', 'agreed')
BEGIN
    SELECT RAISE(ABORT, 'the time of the call is taken') WHERE EXISTS (
        SELECT 1 FROM call c WHERE c.person_id = NEW.person_id AND c.state IN ('proposed', 'agreed') AND c.id <> NEW.id
          AND c.starts_at > NEW.starts_at - 86400000 AND c.starts_at < NEW.ends_at AND c.ends_at > NEW.starts_at);
END;

CREATE TABLE call_reminder ( -- what the watch says about a call when its moment comes
    id        INTEGER PRIMARY KEY,
    client_id INTEGER NOT NULL,
    call_id   INTEGER NOT NULL,
    sequence  INTEGER NOT NULL, -- of the call when it was planned
    kind      TEXT NOT NULL CHECK (kind IN ('day', 'hour', 'ten', 'lapse', 'outcome')),
    side      TEXT NOT NULL CHECK (side IN ('client', 'staff')),
    due_at    INTEGER NOT NULL, -- the planned moment, never moved
    wake_at   INTEGER NOT NULL, -- when the watch looks at it: due_at, later after a failed attempt
    state     TEXT NOT NULL CHECK (state IN ('open', 'said', 'superseded', 'dropped', 'failed')),
    ended_at  INTEGER,
    attempts  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (call_id, sequence, kind, side),
    FOREIGN KEY (call_id, client_id) REFERENCES call (id, client_id)
) STRICT;
CREATE INDEX call_reminder_open ON call_reminder (wake_at, id) WHERE state = 'open';
