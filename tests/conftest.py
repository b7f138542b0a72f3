"""Lets every folder of tests import what lies beside this file: the bot in a box, the board's stand-ins."""
