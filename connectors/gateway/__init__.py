"""The HTTP door: CloudEvents in, a verdict on each at once, receipts of what became of them."""
