"""The settings: from variables, secret files and pledge.toml, checked before anything starts."""

from bot.config.load import SettingProblem, SettingsError, load_settings
from bot.config.settings import CHANNELS, Settings, meeting_link

__all__ = ["CHANNELS", "SettingProblem", "Settings", "SettingsError", "load_settings", "meeting_link"]
