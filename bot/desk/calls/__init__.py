"""Calls on behalf of one actor: free time, agreeing, what both sides are told, what calendars outside see."""
