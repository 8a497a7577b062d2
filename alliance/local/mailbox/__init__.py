"""A mail server that keeps every mail on this machine, and a page to read them.

It listens on loopback only: the links in the mails open clients' forms.
"""
