"""Time that passes when a test says so."""


class Clock:
    """Call it for the time; `pass_s` lets time go by."""

    def __init__(self, now_s=0.0):
        self.now_s = now_s

    def __call__(self):
        return self.now_s

    def pass_s(self, seconds):
        self.now_s += seconds
