"""Use cases of the package, one module a noun."""
