"""vouchers owns entitlement: who may use vouchers, for what, how much, and the claims made upon it."""
