"""All questions over many scenes, and what their answers are worth against the bars."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from services.evaluation.bars import BARS, Bar
from services.evaluation.reading import Question, Reading

#: Told of each step: the question, how many scenes are done, and how many there are.
Listener = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Args:
        bar: The measure and its bound.
        question: That it belongs to.
        readings: All that tell it, worst first.
        holds: Whether the bound is kept.
    """

    bar: Bar
    question: str
    readings: tuple[Reading, ...]
    holds: bool

    @property
    def values(self) -> list[float]:
        """Of all readings, worst first."""
        return [reading.values[self.bar.measure] for reading in self.readings]

    def quantile(self, share: float) -> float:
        """Of the values, sorted by size."""
        return float(np.quantile(self.values, share))


@dataclass(frozen=True)
class Outcome:
    """A battery's whole answer: the table's rows, and how long each question took, in seconds."""

    rows: tuple[Row, ...]
    seconds: Mapping[str, float]

    @property
    def holds(self) -> bool:
        """Whether every bar is kept, of which there is at least one."""
        return bool(self.rows) and all(row.holds for row in self.rows)


def run_battery(questions: Sequence[Question], scenes: int, listener: Listener, bars: Sequence[Bar] = BARS) -> Outcome:
    """Ask all questions about the first `scenes` scenes.

    Scene by scene, so that the questions about one share its drawing and its cutout.

    Args:
        questions: What to find out.
        scenes: How many, or as many as a question has.
        listener: Told of each step.
        bars: What must hold.
    """
    answers: dict[str, list[Reading]] = {question.name: [] for question in questions}
    seconds = dict.fromkeys(answers, 0.0)
    for number in range(scenes):
        for question in questions:
            if number >= question.most:
                continue
            began = perf_counter()
            answers[question.name].append(question.ask(number))
            seconds[question.name] += perf_counter() - began
            listener(question.name, number + 1, min(scenes, question.most))
    return Outcome(tuple(row for name, found in answers.items() for row in judged(name, found, bars)), seconds)


def judged(question: str, readings: Sequence[Reading], bars: Sequence[Bar] = BARS) -> list[Row]:
    """The table's rows that a question's readings tell about."""
    rows = []
    for bar in bars:
        told = [reading for reading in readings if bar.measure in reading.values]
        if told:
            ranked = sorted(told, key=lambda reading: bar.worst_first(reading.values[bar.measure]))
            values = [reading.values[bar.measure] for reading in ranked]
            rows.append(Row(bar, question, tuple(ranked), bar.holds(values)))
    return rows
