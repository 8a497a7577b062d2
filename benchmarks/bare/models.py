import uuid
from typing import ClassVar

from django.db import models


class Row(models.Model):
    """A rating's columns, with neither keys to other tables nor encryption."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    session_id = models.UUIDField()
    request_id = models.UUIDField()
    answers = models.JSONField()
    goal = models.FloatField()
    task = models.FloatField()
    bond = models.FloatField()
    tension = models.CharField(max_length=10)
    comment = models.BinaryField()
    follow_up = models.CharField(max_length=10)
    submitted_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Row"]] = models.Manager()

    class Meta:
        app_label = "bare"
        db_table = "bench_bare_row"

    def __str__(self) -> str:
        return f"row {self.pk}"
