"""Pure decisions about quotes and orders."""
