"""Dead letters: which there are, what would become of each, and sending them again."""
