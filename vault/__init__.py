"""Encrypted columns: what a person wrote or can be reached by is unreadable in a stolen dump."""
