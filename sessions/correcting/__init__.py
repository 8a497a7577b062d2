"""Putting right what was recorded by mistake, and taking that back."""
