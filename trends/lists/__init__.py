"""A therapist's own lists: caseload, today, inbox, and what to have in mind before a session."""
