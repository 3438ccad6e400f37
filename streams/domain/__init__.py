"""What events mean and what follows from them: pure, and nothing here can read a clock, a file or a socket."""
