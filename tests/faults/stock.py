"""Fills a database with tickets by bulk SQL: copies of one with its log, clock and steps, as if it had run for long."""

from __future__ import annotations

import sqlite3
from pathlib import Path

# `moved` is how much later than the model's the moments of the n-th copy are; a prime mixes them up.
_COPIES = """
WITH RECURSIVE copy (n, moved) AS (
    SELECT 1, :later + 7919 % :spread
    UNION ALL SELECT n + 1, :later + (n + 1) * 7919 % :spread FROM copy WHERE n < :count
)
"""
_TICKETS = """
INSERT INTO ticket (id, ref, client_id, room_id, contract_id, policy_hash, thread, root_ext, status, priority, rank,
                    owner_id, opened_at, touched_at, closed_at, level, cycle, version, events, due_at)
SELECT :ticket + copy.n, :ref + copy.n, client_id, room_id, contract_id, policy_hash, thread,
       root_ext || ' copy ' || (:ticket + copy.n), :status, priority, rank, owner_id,
       opened_at + moved, touched_at + moved,
       CASE :status WHEN 'open' THEN NULL ELSE opened_at + moved END, level, cycle, version, events,
       CASE :status WHEN 'open' THEN due_at + moved END
FROM copy, ticket WHERE ticket.id = :model
"""
_EVENTS = """
INSERT INTO event (client_id, ticket_id, seq, kind, at, recorded_at, party, person_id, message_id, data)
SELECT client_id, :ticket + copy.n, seq, kind, at + moved, recorded_at + moved, party, person_id, message_id, data
FROM copy, event WHERE event.ticket_id = :model
"""
_CLOCKS = """
INSERT INTO clock (id, client_id, ticket_id, metric, cycle, kind, state, window_ms, started_at, objective_at, due_at,
                   cap_at, stopped_at)
SELECT :clock + copy.n, client_id, :ticket + copy.n, metric, cycle, kind,
       CASE :status WHEN 'open' THEN state ELSE 'stopped' END, window_ms, started_at + moved,
       objective_at + moved, due_at + moved, cap_at + moved,
       CASE :status WHEN 'open' THEN NULL ELSE started_at + moved END
FROM copy, clock WHERE clock.ticket_id = :model
"""
_STEPS = """
INSERT INTO step (client_id, ticket_id, clock_id, cycle, kind, n, version, due_at, wake_at, rule, role, state, fired_at)
SELECT step.client_id, :ticket + copy.n, :clock + copy.n, step.cycle, step.kind, step.n, step.version,
       step.due_at + moved, step.wake_at + moved, step.rule, step.role,
       CASE :status WHEN 'open' THEN step.state ELSE 'cancelled' END, step.fired_at
FROM copy, step WHERE step.ticket_id = :model
"""


def stock(
    database: Path, count: int, *, later_ms: int, spread_ms: int = 1, status: str = "open", model: int | None = None
) -> int:
    """Store `count` copies of a ticket, which has one clock, moved into the future; how many steps are open.

    `model` is its id, None: the first of all. With `spread_ms` the moments are spread evenly over that time.
    """
    connection = sqlite3.connect(database, isolation_level=None, timeout=30)
    try:
        connection.execute("BEGIN IMMEDIATE")
        model, clocks = connection.execute(
            "SELECT t.id, count(*) FROM ticket t JOIN clock c ON c.ticket_id = t.id "
            "WHERE t.id = COALESCE(:model, (SELECT min(id) FROM ticket)) GROUP BY t.id",
            {"model": model},
        ).fetchone()
        assert clocks == 1, "the model has one clock"
        values = {
            "count": count,
            "model": model,
            "later": later_ms,
            "spread": spread_ms,
            "status": status,
            "ticket": connection.execute("SELECT max(id) FROM ticket").fetchone()[0],
            "ref": connection.execute("SELECT max(ref) FROM ticket").fetchone()[0] + 1_000,
            "clock": connection.execute("SELECT max(id) FROM clock").fetchone()[0],
        }
        for insert in (_TICKETS, _EVENTS, _CLOCKS, _STEPS):
            head, _, rest = insert.strip().partition("\n")
            columns, select = f"{head}\n{rest}".split("SELECT", 1)
            connection.execute(f"{columns}{_COPIES} SELECT {select}", values)
        connection.execute("COMMIT")
        ((steps,),) = connection.execute("SELECT count(*) FROM step WHERE state = 'open'").fetchall()
        return int(steps)
    finally:
        connection.close()
