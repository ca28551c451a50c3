"""Behind the port of the catalogue: what may be asked, and the two that answer, the index and the database."""
