"""What people say to the bot: one file a command, found by iterating this package."""
