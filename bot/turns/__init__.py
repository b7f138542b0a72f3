"""What the watch and the chores act on when its moment comes: each finds its own rows and writes what is to be said."""
