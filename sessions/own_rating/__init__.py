"""The therapist's own rating, blind until the client's is in."""
