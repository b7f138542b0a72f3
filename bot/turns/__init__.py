"""What the watch acts on when its moment comes: each turn finds its own rows and writes what is to be said."""
