"""A stand-in for `ray.serve.metrics` that keeps what was written."""

from collections import defaultdict


class FakeMetrics:
    """Attributes: `values`: by name and labels, everything written; `declared`: by name, labels and options."""

    def __init__(self):
        self.values = defaultdict(list)
        self.declared = {}

    def _instrument(self, kind):
        def declare(name, **options):
            self.declared[name] = (kind, options)
            return _Instrument(name, self.values, options["tag_keys"])

        return declare

    @property
    def Counter(self):  # noqa: N802 - Serve's name
        return self._instrument("counter")

    @property
    def Gauge(self):  # noqa: N802 - Serve's name
        return self._instrument("gauge")

    @property
    def Histogram(self):  # noqa: N802 - Serve's name
        return self._instrument("histogram")


class _Instrument:
    def __init__(self, name, values, labels):
        self.name, self.values, self.labels = name, values, labels

    def _write(self, value, tags):
        # As Serve does: a label that was not declared, or one left out, is an error.
        assert set(tags) == set(self.labels)
        self.values[self.name, tuple(sorted(tags.items()))].append(value)

    inc = set = observe = _write
