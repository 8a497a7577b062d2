"""Ratings in, points and flags out: one treatment or a whole clinic at a time."""
