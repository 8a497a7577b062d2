from django.db import models


class Event(models.Model):
    """One change. No foreign keys: an event outlives everything that it tells about.

    A trigger (migration 0002) refuses UPDATE and DELETE, so also raw SQL only adds.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)  # "sessions.record_session"
    by_id = models.UUIDField(null=True)  # a user; null: a client by link, or a worker
    about = models.CharField(max_length=60)  # label of the model
    about_id = models.UUIDField()
    clinic_id = models.UUIDField(null=True)
    client_id = models.UUIDField(null=True)
    details = models.JSONField(default=dict)  # ids, states, names of fields; never clinical text

    class Meta:
        indexes = [
            models.Index(fields=["client_id", "at"]),
            models.Index(fields=["about_id", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.about_id}"
