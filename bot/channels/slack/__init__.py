"""Slack: events by signed requests or Socket Mode, posts by the Web API; one workspace per bot."""

from bot.channels.slack.channel import SlackChannel
from bot.channels.slack.modals import Form, Forms

__all__ = ["Form", "Forms", "SlackChannel"]
