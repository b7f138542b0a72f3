"""Client groups, team groups and direct chats on Telegram. The library is loaded when a channel is made, not before."""

from bot.channels.telegram.channel import TelegramChannel

__all__ = ["TelegramChannel"]
