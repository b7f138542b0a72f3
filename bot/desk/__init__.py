"""The core: what a message or a button means for a ticket. Knows no platform and never sends; it writes the outbox."""
