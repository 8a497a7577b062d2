"""The course of each alliance: computed, flagged, and shown to those who care for it."""
