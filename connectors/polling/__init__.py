"""The door for systems that only fill tables of a front-end database (前置库)."""
