"""Every outgoing e-mail: what is due, what became of it and why."""
