"""Reading instrument and price lists of any known layout: bytes in, rows and faults out."""
