"""The one thing that this layer tells the layers above."""

from django.dispatch import Signal

# A treatment's history changed: a session was recorded or a rating submitted. Sent inside the
# transaction of the change, with `treatment_id` and `at`.
ratings_changed = Signal()
