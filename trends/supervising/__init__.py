"""Who else reads a treatment, why, and when they did."""
