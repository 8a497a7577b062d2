"""How a service says no."""

from typing import ClassVar

from django.utils.functional import Promise


class Refused(Exception):
    """A service will not do what was asked, and has written nothing.

    Pages show the sentence beside the field, the API sends it as problem details; so one sentence
    tells people and programs what to do. Each service module names its own subclasses.
    """

    sentence: ClassVar[str | Promise]
    field: ClassVar[str | None] = None
    code: ClassVar[str]
    status: ClassVar[int] = 422

    def __str__(self) -> str:
        return str(self.sentence)
