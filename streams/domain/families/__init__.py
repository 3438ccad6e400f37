"""The families of the contract, one module each: its event types, and what a subject of it is (`outline`)."""
