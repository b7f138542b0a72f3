"""What the outbox holds goes out by the channels, in order per room, once where the platform lets us know."""

from bot.delivery.books import HasOutbox
from bot.delivery.sender import Delivery
from bot.delivery.settle import Alarm, Failed, Failure

__all__ = ["Alarm", "Delivery", "Failed", "Failure", "HasOutbox"]
