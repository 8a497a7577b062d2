"""The one mail to therapists: that there is something to review."""
