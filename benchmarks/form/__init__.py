"""The client's form on a slow phone: when its first words are seen, and how long it all takes.

What is measured stands in `paint` and `minute`; `slow_phone` is what it is measured with.
"""
