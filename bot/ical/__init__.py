"""Calendar data (RFC 5545): calls written as entries, and what others keep in theirs read; the libraries' one home.

They are slow to load, so whoever writes or reads calendar data imports that when it is needed.
"""
