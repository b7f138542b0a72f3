"""The chat inside the vendor's own product: rooms of our own store, people vouched for by signature."""

from bot.channels.inapp.channel import ACCOUNT, InAppChannel
from bot.channels.inapp.keyring import FixedKeyring, FolderKeyring, Key, Keyring, KeyringError
from bot.channels.inapp.origins import OriginError, Origins
from bot.channels.inapp.strangers import strangers

__all__ = [
    "ACCOUNT",
    "FixedKeyring",
    "FolderKeyring",
    "InAppChannel",
    "Key",
    "Keyring",
    "KeyringError",
    "OriginError",
    "Origins",
    "strangers",
]
