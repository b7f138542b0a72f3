"""The web application: the server, the pages of the staff, the demo, and the widget's script."""
