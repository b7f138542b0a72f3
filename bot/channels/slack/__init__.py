"""Slack: events by signed requests or Socket Mode, posts by the Web API; one workspace per bot."""

from bot.channels.slack.channel import SlackChannel

__all__ = ["SlackChannel"]
