"""Instruments and how they are scored. Holds no personal data."""
