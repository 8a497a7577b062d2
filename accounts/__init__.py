"""Who may come in: clinics, people, their roles, and the one door to rows."""
