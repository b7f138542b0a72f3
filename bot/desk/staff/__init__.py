"""Who on the staff answers for a ticket, who stands in, who is called in, and what they say to that."""
