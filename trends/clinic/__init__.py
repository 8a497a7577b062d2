"""What a clinic sees of itself: counts, and never a client."""
