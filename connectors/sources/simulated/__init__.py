"""A simulated city: what forty offices would tell of their work in a few months, and beside it the truth.

Drawn first is how long the work really took; only then is it laid onto the calendar, told in events and told badly.
So the truth does not come from the program that is to find it again.
"""
