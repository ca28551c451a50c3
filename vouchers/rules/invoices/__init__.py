"""What an invoice says: reading its files, and comparing it with the order. Reading is no check at the tax office."""
