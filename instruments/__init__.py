"""The catalogue and its time: instruments, priced services, listing review, calendars, bookings, import, search."""
