"""What happened: one row for each change, added to and never altered."""
