"""What the process counts about itself, for /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

received = Counter("pledge_inbox_received", "Events taken in", ["channel", "result"], registry=REGISTRY)
sent = Counter("pledge_deliveries", "Deliveries by outcome", ["channel", "outcome"], registry=REGISTRY)
steps = Counter("pledge_steps", "Steps by kind and what became of them", ["kind", "state"], registry=REGISTRY)
lateness = Histogram(
    "pledge_step_lateness_seconds",
    "Business seconds between a step's moment and its firing",
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
    registry=REGISTRY,
)
alarms = Counter("pledge_alarms", "What the auditor found that must never be", ["kind"], registry=REGISTRY)
open_tickets = Gauge("pledge_tickets_open", "Open tickets", registry=REGISTRY)
overdue_tickets = Gauge("pledge_tickets_overdue", "Open tickets past a due moment", registry=REGISTRY)
idle_tickets = Gauge("pledge_tickets_idle", "Open tickets that wait for nobody", registry=REGISTRY)
tick_at = Gauge("pledge_watch_tick_timestamp_seconds", "Machine time of the watch's last turn", registry=REGISTRY)


def exposition() -> bytes:
    """Everything in the text format."""
    return generate_latest(REGISTRY)
