"""A clock that only moves when it is told to."""


class VirtualClock:
    """Seconds since it was made; calling it reads it."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def move(self, seconds):
        self.now_s += seconds
