"""The whole chain on data written by outsiders: files, real firms and institutions, some hundred orders, two batches.

The story is told through the HTTP API and the command line's functions, over several months of its own clock, and keeps
accounts of its own which at the end must equal the service's books.
"""
