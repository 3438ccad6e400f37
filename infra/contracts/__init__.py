"""What is written from the sources of the contract: event types, metrics, targets and rules. Committed; tests prove it fresh."""
