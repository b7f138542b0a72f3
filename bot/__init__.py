"""Pledge: the bot that keeps the promises of a premium-support agreement."""

__version__ = "0.1.0"
