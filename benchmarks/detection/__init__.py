"""How well possible ruptures are found in simulated courses, where the truth is known."""
