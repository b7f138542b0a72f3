"""Rows are the truth: what a unit of work can ask of them, and the engine that runs it."""
