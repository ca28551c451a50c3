"""Parts of use cases; each needs an open transaction."""
