"""One client's page and what belongs to it."""
