"""People: organisations, their users, memberships, standing (controllers, records, relations) and tokens."""
