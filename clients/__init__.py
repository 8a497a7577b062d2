"""Clients, and their treatments: one client with one therapist."""
