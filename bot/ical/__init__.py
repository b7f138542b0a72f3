"""Calendar data (RFC 5545): calls written as entries, and what others keep in theirs read; the libraries' one home."""

from bot.ical.write import Entry, Guest, Status, feed, invitation

__all__ = ["Entry", "Guest", "Status", "feed", "invitation"]
