"""Reading tables somebody else wrote: what the file is, how far it may unpack, and its records line by line."""
