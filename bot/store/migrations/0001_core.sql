-- The first schema. Moments are integer milliseconds since the epoch, UTC: business time where agreements speak
-- (at, opened_at, due_at, ...), machine time for leases, retries, tokens and sessions (columns marked "machine").
-- client 0 is the vendor itself, client -1 is nobody (rooms that are not linked yet).

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- who is who ---------------------------------------------------------------------------------------------------

CREATE TABLE client (
    id     INTEGER PRIMARY KEY,
    key    TEXT NOT NULL UNIQUE,
    name   TEXT NOT NULL,
    locale TEXT NOT NULL,
    zone   TEXT NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('system', 'file', 'chat', 'api')),
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE person (
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE,
    client_id INTEGER NOT NULL REFERENCES client (id), -- 0: staff
    name      TEXT NOT NULL,
    role      TEXT NOT NULL
              CHECK (role IN ('contact', 'manager', 'technician', 'supervisor', 'product', 'lead', 'admin')),
    locale    TEXT NOT NULL,
    zone      TEXT NOT NULL,
    hours     TEXT NOT NULL DEFAULT '{}', -- JSON: weekday -> intervals; empty = the agreement's calendar
    origin    TEXT NOT NULL CHECK (origin IN ('system', 'file', 'chat', 'api')),
    active    INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    CHECK ((role = 'contact') = (client_id > 0)),
    UNIQUE (id, client_id)
) STRICT;
CREATE INDEX person_role ON person (role, id) WHERE active = 1;

CREATE TABLE identity (
    channel   TEXT NOT NULL,
    account   TEXT NOT NULL,
    ext_id    TEXT NOT NULL,
    person_id INTEGER NOT NULL REFERENCES person (id),
    origin    TEXT NOT NULL CHECK (origin IN ('system', 'file', 'chat', 'api')),
    PRIMARY KEY (channel, account, ext_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_person ON identity (person_id);

CREATE TABLE responsible ( -- position 0 is the manager, 1.. are backups in order
    client_id INTEGER NOT NULL REFERENCES client (id),
    position  INTEGER NOT NULL CHECK (position >= 0),
    person_id INTEGER NOT NULL REFERENCES person (id),
    PRIMARY KEY (client_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE contract (
    id           INTEGER PRIMARY KEY,
    client_id    INTEGER NOT NULL REFERENCES client (id),
    policy_id    TEXT NOT NULL,
    plan         TEXT NOT NULL DEFAULT '',
    variant      TEXT NOT NULL DEFAULT '',
    starts_at    INTEGER,
    ends_at      INTEGER,
    suspended_at INTEGER,
    fee          TEXT NOT NULL DEFAULT '', -- as written, e.g. "499.00 EUR"
    origin       TEXT NOT NULL CHECK (origin IN ('system', 'file', 'chat', 'api')),
    active       INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    UNIQUE (id, client_id)
) STRICT;
CREATE UNIQUE INDEX contract_one_active ON contract (client_id) WHERE active = 1;

CREATE TABLE policy ( -- the resolved terms a ticket pins, by SHA-256 of their text
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    plan       TEXT NOT NULL,
    variant    TEXT NOT NULL,
    version    TEXT NOT NULL,
    text       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE room (
    id          INTEGER PRIMARY KEY,
    client_id   INTEGER NOT NULL REFERENCES client (id),
    kind        TEXT NOT NULL CHECK (kind IN ('client', 'team', 'direct', 'unlinked')),
    channel     TEXT NOT NULL,
    account     TEXT NOT NULL,
    ext_id      TEXT NOT NULL,
    name        TEXT NOT NULL,
    person_id   INTEGER REFERENCES person (id), -- whose direct chat this is
    locale      TEXT, -- NULL: the client's, or the person's
    zone        TEXT,
    origin      TEXT NOT NULL CHECK (origin IN ('system', 'file', 'chat', 'api')),
    active      INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    unreachable TEXT, -- why posts cannot arrive at present; NULL = reachable
    next_seq    INTEGER NOT NULL DEFAULT 1,
    created_at  INTEGER NOT NULL,
    CHECK ((kind IN ('team', 'direct')) = (client_id = 0)),
    CHECK ((kind = 'unlinked') = (client_id = -1)),
    CHECK ((kind = 'direct') = (person_id IS NOT NULL)),
    UNIQUE (id, client_id)
) STRICT;
CREATE UNIQUE INDEX room_address ON room (channel, account, ext_id) WHERE active = 1;
CREATE INDEX room_client ON room (client_id, kind) WHERE active = 1;
CREATE INDEX room_person ON room (person_id) WHERE active = 1 AND person_id IS NOT NULL;
CREATE INDEX room_silent ON room (id) WHERE unreachable IS NOT NULL OR active = 0;

-- what came in -------------------------------------------------------------------------------------------------

CREATE TABLE inbox (
    id          INTEGER PRIMARY KEY,
    channel     TEXT NOT NULL,
    account     TEXT NOT NULL,
    event_id    TEXT NOT NULL,
    room_ext    TEXT NOT NULL,
    message_id  TEXT, -- NULL for events that are no message (a button)
    edit_seq    INTEGER NOT NULL DEFAULT 0,
    inbound     TEXT NOT NULL, -- the parsed event as JSON, cleaned of lone surrogates and NUL
    payload     BLOB NOT NULL, -- the raw bytes as they came
    at          INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('new', 'done', 'quarantined')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    retry_at    INTEGER NOT NULL DEFAULT 0, -- machine
    error       TEXT,
    message_seq INTEGER, -- the seq its message got in the room: what a repeat is answered with
    UNIQUE (channel, account, event_id)
) STRICT;
CREATE UNIQUE INDEX inbox_message ON inbox (channel, account, room_ext, message_id, edit_seq)
    WHERE message_id IS NOT NULL;
CREATE INDEX inbox_new ON inbox (retry_at, id) WHERE state = 'new';
CREATE INDEX inbox_quarantined ON inbox (id) WHERE state = 'quarantined';

CREATE TABLE message ( -- both directions, all channels; seq is dense per room
    id             INTEGER PRIMARY KEY,
    client_id      INTEGER NOT NULL, -- whom it is about; 0 in internal talk without a ticket
    room_id        INTEGER NOT NULL,
    room_client_id INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    direction      TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    party          TEXT NOT NULL CHECK (party IN ('client', 'staff', 'bot', 'automatic')),
    person_id      INTEGER REFERENCES person (id),
    author         TEXT NOT NULL, -- the name shown
    sender_ext     TEXT NOT NULL DEFAULT '',
    ext_id         TEXT NOT NULL, -- the platform's id, or ours in the in-app channel
    thread         TEXT,
    reply_to       TEXT,
    text           TEXT NOT NULL,
    body           TEXT, -- JSON of the rich text of what we posted; NULL = `text` as it is
    files          TEXT NOT NULL DEFAULT '[]',
    internal       INTEGER NOT NULL DEFAULT 0 CHECK (internal IN (0, 1)), -- a note: never shown to a client
    at             INTEGER NOT NULL,
    recorded_at    INTEGER NOT NULL,
    ticket_id      INTEGER,
    inbox_id       INTEGER REFERENCES inbox (id),
    outbox_id      INTEGER UNIQUE,
    UNIQUE (room_id, seq),
    UNIQUE (room_id, ext_id),
    FOREIGN KEY (room_id, room_client_id) REFERENCES room (id, client_id),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id),
    CHECK (room_client_id IN (client_id, 0)),
    CHECK (internal = 0 OR room_client_id = 0)
) STRICT;
CREATE INDEX message_ticket ON message (ticket_id, id) WHERE ticket_id IS NOT NULL;

-- tickets: the log is the truth, everything else about a ticket is its cache --------------------------------------

CREATE TABLE ticket (
    id          INTEGER PRIMARY KEY,
    ref         INTEGER NOT NULL UNIQUE, -- shown as T-<ref>
    client_id   INTEGER NOT NULL,
    room_id     INTEGER NOT NULL,
    contract_id INTEGER NOT NULL,
    policy_hash TEXT NOT NULL REFERENCES policy (hash),
    thread      TEXT,
    root_ext    TEXT NOT NULL, -- message id it was opened by, in its room
    status      TEXT NOT NULL CHECK (status IN ('open', 'resolved', 'confirmed', 'cancelled')),
    priority    TEXT NOT NULL
                CHECK (priority IN ('CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'FEATURE')),
    rank        INTEGER NOT NULL,
    owner_id    INTEGER NOT NULL REFERENCES person (id), -- somebody is responsible at every moment
    opened_at   INTEGER NOT NULL,
    touched_at  INTEGER NOT NULL, -- the latest client or staff message: the join window counts from it
    closed_at   INTEGER,
    level       INTEGER NOT NULL DEFAULT 0, -- highest escalation in this cycle
    cycle       INTEGER NOT NULL DEFAULT 1, -- raised by a reopening
    version     INTEGER NOT NULL DEFAULT 0, -- of the plan; raised by every re-planning
    events      INTEGER NOT NULL DEFAULT 0, -- how many events the log holds
    due_at      INTEGER, -- the next due of a running clock: the order of every queue
    UNIQUE (id, client_id),
    UNIQUE (room_id, root_ext),
    FOREIGN KEY (room_id, client_id) REFERENCES room (id, client_id),
    FOREIGN KEY (contract_id, client_id) REFERENCES contract (id, client_id)
) STRICT;
CREATE INDEX ticket_open_room ON ticket (room_id, touched_at) WHERE status = 'open';
CREATE INDEX ticket_room ON ticket (room_id, id);
CREATE INDEX ticket_open_due ON ticket (due_at, rank, id) WHERE status = 'open';
CREATE INDEX ticket_client ON ticket (client_id, id);
CREATE INDEX ticket_closed ON ticket (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE event (
    id          INTEGER PRIMARY KEY,
    client_id   INTEGER NOT NULL,
    ticket_id   INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    party       TEXT NOT NULL CHECK (party IN ('client', 'staff', 'bot', 'automatic')),
    person_id   INTEGER REFERENCES person (id),
    message_id  INTEGER REFERENCES message (id),
    data        TEXT NOT NULL DEFAULT '{}', -- ids and reasons as keys; never a person's text
    UNIQUE (ticket_id, seq),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id)
) STRICT;
CREATE TRIGGER event_is_final BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;

CREATE TABLE clock (
    id           INTEGER PRIMARY KEY,
    client_id    INTEGER NOT NULL,
    ticket_id    INTEGER NOT NULL,
    metric       TEXT NOT NULL,
    cycle        INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('commitment', 'target')),
    state        TEXT NOT NULL CHECK (state IN ('running', 'held', 'stopped', 'cancelled')),
    window_ms    INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    objective_at INTEGER,
    due_at       INTEGER,
    cap_at       INTEGER,
    held_since   INTEGER,
    missed_at    INTEGER,
    breached_at  INTEGER, -- a commitment passed
    fell_short_at INTEGER, -- a target passed
    stopped_at   INTEGER,
    excluded     INTEGER NOT NULL DEFAULT 0 CHECK (excluded IN (0, 1)),
    UNIQUE (id, client_id, ticket_id),
    UNIQUE (ticket_id, metric, cycle),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id)
) STRICT;
CREATE UNIQUE INDEX clock_one_live ON clock (ticket_id, metric) WHERE state IN ('running', 'held');
CREATE INDEX clock_live_due ON clock (due_at) WHERE state IN ('running', 'held');
CREATE INDEX clock_started ON clock (started_at, metric);

CREATE TABLE step (
    id        INTEGER PRIMARY KEY,
    client_id INTEGER NOT NULL,
    ticket_id INTEGER NOT NULL,
    clock_id  INTEGER NOT NULL,
    cycle     INTEGER NOT NULL, -- of the clock
    kind      TEXT NOT NULL CHECK (kind IN ('nudge', 'objective', 'breach', 'escalate', 'repeat')),
    n         INTEGER NOT NULL,
    version   INTEGER NOT NULL,
    due_at    INTEGER NOT NULL, -- the planned moment, never moved
    wake_at   INTEGER NOT NULL, -- when the watch looks at it: due_at, later after a failed attempt
    rule      TEXT NOT NULL,
    role      TEXT NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('open', 'fired', 'cancelled', 'superseded', 'failed')),
    fired_at  INTEGER,
    reason    TEXT,
    attempts  INTEGER NOT NULL DEFAULT 0,
    UNIQUE (clock_id, kind, n, version),
    FOREIGN KEY (clock_id, client_id, ticket_id) REFERENCES clock (id, client_id, ticket_id)
) STRICT;
CREATE UNIQUE INDEX step_fires_once ON step (clock_id, cycle, kind, n)
    WHERE state = 'fired' AND kind IN ('escalate', 'breach');
CREATE INDEX step_open_due ON step (wake_at, id) WHERE state = 'open';
CREATE INDEX step_ticket_open ON step (ticket_id) WHERE state = 'open';

-- what goes out ------------------------------------------------------------------------------------------------

CREATE TABLE outbox (
    id             INTEGER PRIMARY KEY,
    oid            TEXT NOT NULL UNIQUE, -- the delivery's stable id, the same in every attempt
    dedupe_key     TEXT NOT NULL UNIQUE,
    client_id      INTEGER NOT NULL,
    room_id        INTEGER NOT NULL,
    room_client_id INTEGER NOT NULL,
    ticket_id      INTEGER,
    notice         TEXT NOT NULL, -- JSON: catalogue keys, parameters, buttons; rendered when sent
    rank           INTEGER NOT NULL DEFAULT 50, -- 0 is the gravest; orders internal rooms
    must_say       INTEGER NOT NULL CHECK (must_say IN (0, 1)),
    thread         TEXT,
    reply_to       TEXT,
    state          TEXT NOT NULL
                   CHECK (state IN ('pending', 'sending', 'sent', 'unknown', 'parked', 'dead', 'superseded')),
    created_at     INTEGER NOT NULL,
    not_before     INTEGER NOT NULL DEFAULT 0, -- machine
    attempts       INTEGER NOT NULL DEFAULT 0,
    ambiguous      INTEGER NOT NULL DEFAULT 0, -- attempts that ended unknown
    looks          INTEGER NOT NULL DEFAULT 0, -- read back and not found, since the last attempt
    owner          TEXT,
    lease_token    TEXT,
    lease_until    INTEGER, -- machine
    claimed_at     INTEGER, -- machine
    provider_id    TEXT,
    rendered       TEXT, -- JSON of the rich text as it was sent
    error          TEXT,
    withdrawn      TEXT, -- why it need not be said any more, noted while it was in flight
    sent_at        INTEGER,
    FOREIGN KEY (room_id, room_client_id) REFERENCES room (id, client_id),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id),
    CHECK (room_client_id IN (client_id, 0)),
    CHECK (state <> 'sending' OR (owner IS NOT NULL AND lease_token IS NOT NULL AND lease_until IS NOT NULL)),
    CHECK (state <> 'sent' OR provider_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX outbox_one_in_flight ON outbox (room_id) WHERE state IN ('sending', 'unknown');
CREATE INDEX outbox_open ON outbox (room_id, (CASE WHEN room_client_id = 0 THEN rank ELSE 0 END), id)
    WHERE state IN ('pending', 'sending', 'unknown'); -- the order of a line: internal rooms gravest first
CREATE INDEX outbox_stuck ON outbox (room_id, id) WHERE state IN ('parked', 'dead');
CREATE INDEX outbox_ticket ON outbox (ticket_id, id) WHERE ticket_id IS NOT NULL;

CREATE TABLE action ( -- what a button means; its id is opaque, the right to press is checked at the press
    id         TEXT PRIMARY KEY,
    client_id  INTEGER NOT NULL,
    room_id    INTEGER NOT NULL,
    room_client_id INTEGER NOT NULL,
    ticket_id  INTEGER,
    verb       TEXT NOT NULL,
    args       TEXT NOT NULL DEFAULT '{}',
    created_at INTEGER NOT NULL,
    pressed_at INTEGER,
    FOREIGN KEY (room_id, room_client_id) REFERENCES room (id, client_id),
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id),
    CHECK (room_client_id IN (client_id, 0))
) STRICT, WITHOUT ROWID;

CREATE TABLE prompt ( -- a question the bot asked and waits for: the next words of that person in that room answer it
    id          INTEGER PRIMARY KEY,
    room_id     INTEGER NOT NULL REFERENCES room (id),
    person_ext  TEXT NOT NULL,
    kind        TEXT NOT NULL,
    client_id   INTEGER NOT NULL,
    ticket_id   INTEGER,
    data        TEXT NOT NULL DEFAULT '{}',
    expires_at  INTEGER NOT NULL,
    answered_at INTEGER,
    FOREIGN KEY (ticket_id, client_id) REFERENCES ticket (id, client_id)
) STRICT;
CREATE UNIQUE INDEX prompt_open ON prompt (room_id, person_ext) WHERE answered_at IS NULL;

-- access and machinery -----------------------------------------------------------------------------------------

CREATE TABLE token ( -- one-time codes: only their SHA-256 is kept; times are machine time
    hash       TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL CHECK (purpose IN ('login', 'link')),
    client_id  INTEGER,
    person_id  INTEGER REFERENCES person (id),
    channel    TEXT,
    issuer     TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE session ( -- browsers: staff on the board, people in the widget; machine time
    hash       TEXT PRIMARY KEY,
    purpose    TEXT NOT NULL CHECK (purpose IN ('board', 'widget')),
    person_id  INTEGER REFERENCES person (id),
    client_id  INTEGER,
    sub        TEXT NOT NULL DEFAULT '',
    name       TEXT NOT NULL DEFAULT '',
    room_ext   TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seen ( -- keys that must not come twice and outlive the erasure of what they belonged to; machine time
    key_hash   TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rate_bucket (
    scope         TEXT PRIMARY KEY,
    tokens        REAL NOT NULL,
    updated_at    INTEGER NOT NULL, -- machine
    blocked_until INTEGER NOT NULL DEFAULT 0 -- machine
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
    name       TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    token      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL -- machine
) STRICT, WITHOUT ROWID;

CREATE TABLE period_run ( -- digests and reports: one row per ended period, so that a doubled chore does nothing
    kind    TEXT NOT NULL,
    room_id INTEGER NOT NULL,
    period  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (kind, room_id, period)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit ( -- who did what; one hash chain per client
    id        INTEGER PRIMARY KEY,
    client_id INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    what      TEXT NOT NULL,
    old       TEXT NOT NULL DEFAULT '',
    new       TEXT NOT NULL DEFAULT '',
    prev_hash TEXT NOT NULL,
    hash      TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX audit_client ON audit (client_id, id);
CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

INSERT INTO client (id, key, name, locale, zone, origin) VALUES
    (0, '(vendor)', 'Vendor', 'en', 'UTC', 'system'),
    (-1, '(nobody)', 'Not linked', 'en', 'UTC', 'system');
