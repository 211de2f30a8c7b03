"""A number that changes in simulated time, and its mean."""

import simpy


class Meter:
    """Holds a number and adds it up over time.

    Args:
        environment: Whose clock counts.
        value: At the start.
    """

    def __init__(self, environment: simpy.Environment, value: float = 0) -> None:
        self._environment = environment
        self.value = value
        self.most = value
        self._added = self._added_before = 0.0
        self._changed_s = self._began_s = environment.now

    def add(self, by: float) -> None:
        """Change the number."""
        self._added = self.total
        self._changed_s = self._environment.now
        self.value += by
        self.most = max(self.most, self.value)

    @property
    def total(self) -> float:
        """The number times seconds, since it was made."""
        return self._added + self.value * (self._environment.now - self._changed_s)

    @property
    def mean(self) -> float:
        """Over the time since `begin`; the number itself where no time has passed."""
        passed_s = self._environment.now - self._began_s
        return (self.total - self._added_before) / passed_s if passed_s else self.value

    def begin(self) -> None:
        """The mean and the most count from now on."""
        self._added_before, self._began_s, self.most = self.total, self._environment.now, self.value
