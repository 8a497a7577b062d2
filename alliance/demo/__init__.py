"""A clinic that does not exist, for `make demo` and for tests with many rows."""
