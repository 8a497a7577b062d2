"""How fast it is, measured on real servers: `make bench`.

What is measured stands in `submissions`, `pages` and `computing`; the rest starts the servers,
fills them and prints.
"""
