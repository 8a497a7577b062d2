"""A client's course to take along: put together once, written as a PDF or as a table.

What a therapist noted about a session or a flag is never in it: notes are for oneself. What the
client wrote on a form is in it only where the therapist chooses so.
"""

from .whole import Report, Wishes, compose

__all__ = ["Report", "Wishes", "compose"]
