"""A small invented province to play with, and the same story on data from outside."""
