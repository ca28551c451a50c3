"""People: organisations and their users, memberships, standing (controllers, records, relations) and tokens."""
