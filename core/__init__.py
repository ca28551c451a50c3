"""What every package needs and that knows none of them."""
