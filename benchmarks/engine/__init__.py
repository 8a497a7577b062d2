"""How fast the engine is, beside something simple that reads and writes the same."""
