"""Aggregates that SQLite lacks. They hold values in memory, so all those of one query share a `Budget`."""

from __future__ import annotations

import json
import math
from typing import Any, ClassVar

from eventcenter.errors import QuerySyntaxError, QueryTooLarge
from eventcenter.sql.texts import array

MAX_HELD_BYTES = 48 << 20


class Budget:
    """What the aggregates of one query may hold."""

    def __init__(self, limit: int = MAX_HELD_BYTES) -> None:
        self._left = limit

    def take(self, value: Any) -> None:
        self._left -= 32 + (len(value) * 2 if isinstance(value, str) else 0)
        if self._left < 0:
            raise QueryTooLarge(
                "the query would hold too many values in memory",
                hint="Narrow the time range, add a filter, or group by fewer values.",
            )


class Aggregate:
    """One group of one call. SQLite makes an object, calls `step` for every row and `finalize` once."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget

    def step(self, *values: Any) -> None:
        raise NotImplementedError

    def finalize(self) -> Any:
        raise NotImplementedError


class ApproxPercentile(Aggregate):
    """Exact: the value at the place `ceil(share × n)` of the sorted values."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._values: list[float] = []
        self._share = 0.5

    def step(self, value: Any, share: Any) -> None:
        if not isinstance(share, int | float) or not 0 <= share <= 1:
            raise QuerySyntaxError(
                f"approx_percentile: {str(share)[:30]} is no share",
                hint="Give a number from 0 to 1, such as 0.95.",
            )
        self._share = float(share)
        if value is None:
            return
        if not isinstance(value, int | float):
            raise QuerySyntaxError(
                f"approx_percentile: {value[:60]!r} is not a number", hint="cast(… AS double) makes one."
            )
        self.budget.take(value)
        self._values.append(value)

    def finalize(self) -> float | None:
        if not self._values:
            return None
        self._values.sort()
        return self._values[max(0, math.ceil(self._share * len(self._values) - 1e-9) - 1)]


class MaxBy(Aggregate):
    """`value` of the row with the greatest `by`; of equal ones the first."""

    better: ClassVar[Any] = staticmethod(lambda new, old: new > old)

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._value: Any = None
        self._by: Any = None

    def step(self, value: Any, by: Any) -> None:
        if by is None:
            return
        by = (isinstance(by, str), by)  # numbers before texts, as SQLite sorts them
        if self._by is None or self.better(by, self._by):
            self._value, self._by = value, by

    def finalize(self) -> Any:
        return self._value


class MinBy(MaxBy):
    better = staticmethod(lambda new, old: new < old)


class ArrayAgg(Aggregate):
    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._values: list[Any] = []

    def step(self, value: Any) -> None:
        self.budget.take(value)
        self._values.append(value)

    def finalize(self) -> str | None:
        return array(self._values) if self._values else None


class SetAgg(ArrayAgg):
    def finalize(self) -> str | None:
        return array(list(dict.fromkeys(self._values))) if self._values else None


class Histogram(Aggregate):
    """Value → how often, as a map."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._counts: dict[str, int] = {}

    def step(self, value: Any) -> None:
        if value is None:
            return
        key = str(value)
        if key not in self._counts:
            self.budget.take(key)
        self._counts[key] = self._counts.get(key, 0) + 1

    def finalize(self) -> str | None:
        return json.dumps(self._counts, ensure_ascii=False) if self._counts else None


class Variance(Aggregate):
    """Welford's way, which does not lose digits; of a sample."""

    spare: ClassVar[int] = 1
    root: ClassVar[bool] = False

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._count, self._mean, self._sum = 0, 0.0, 0.0

    def step(self, value: Any) -> None:
        if value is None:
            return
        if not isinstance(value, int | float):
            raise QuerySyntaxError(
                f"{str(value)[:60]!r} is not a number", hint="cast(… AS double) makes one."
            )
        self._count += 1
        before = value - self._mean
        self._mean += before / self._count
        self._sum += before * (value - self._mean)

    def finalize(self) -> float | None:
        if self._count <= self.spare:
            return None
        variance = self._sum / (self._count - self.spare)
        return math.sqrt(variance) if self.root else variance


class VariancePop(Variance):
    spare = 0


class Stddev(Variance):
    root = True


class StddevPop(Stddev):
    spare = 0


AGGREGATES: dict[str, type[Aggregate]] = {
    "ec_approx_percentile": ApproxPercentile,
    "ec_max_by": MaxBy,
    "ec_min_by": MinBy,
    "ec_array_agg": ArrayAgg,
    "ec_set_agg": SetAgg,
    "ec_histogram": Histogram,
    "ec_variance": Variance,
    "ec_var_pop": VariancePop,
    "ec_stddev": Stddev,
    "ec_stddev_pop": StddevPop,
}
