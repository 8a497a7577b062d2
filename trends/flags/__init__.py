"""A possible rupture, from being raised to having come back."""
