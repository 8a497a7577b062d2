"""PostgreSQL, Valkey and a mailbox on this machine, for the demo and the tests only.

Production never imports this package: there the addresses of the real services stand in the
environment.
"""
