"""What goes out to clients, and what became of it."""
