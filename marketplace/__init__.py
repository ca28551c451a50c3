"""The deal: quotes, orders, contracts, deliveries; and the application that puts all packages together."""
