"""Fixtures; real servers start only when a test asks for one."""
