"""What clients see of themselves, and take along."""
