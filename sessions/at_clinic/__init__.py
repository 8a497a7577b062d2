"""Forms that are answered at the clinic: on its device, or on paper."""
