#!/usr/bin/env python3
"""What scipy says of generated pairs of samples: the oracle of the drift engine.

With no argument, prints the fixture that `src/drift/tests/oracle.rs` reads; with `--check FILE`, compares it with what is there.
Both sides generate the same samples: SplitMix64 and arithmetic that every language does alike.
"""

import json
import math
import sys
import warnings

import numpy as np
import scipy.special
import scipy.stats

MASK = (1 << 64) - 1


class Rng:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, end):
        return self.next() % end

    def unit(self):
        return ((self.next() >> 11) + 1) / (1 << 53)

    def normal(self):
        total = 0.0
        for _ in range(12):
            total += self.unit()
        return total - 6.0


# Name, how a value is made of the generator and of which side it is (0 baseline, 1 current). `None` is null.
NUMBERS = {
    "normal": lambda r, s: r.normal() * (1.0 + 0.25 * s),
    "same": lambda r, s: r.normal(),
    "tail": lambda r, s: (1.0 + 0.5 * s) / r.unit(),
    "ties": lambda r, s: float(r.below(7 + s)),
    "zeros": lambda r, s: 0.0 if r.unit() > 0.5 - 0.1 * s else -r.unit(),
    "nan": lambda r, s: math.nan if r.below(10) == 0 else (None if r.below(10) == 0 else r.normal() + 0.1 * s),
    "inf": lambda r, s: (math.inf if r.below(2) else -math.inf) if r.below(20) == 0 else r.normal() + 0.2 * s,
    "epoch": lambda r, s: 1.7e9 + r.below(86400) + 3600.0 * s,
    "tiny": lambda r, s: r.unit() * 1e-300 * (1 + s),
    "bimodal": lambda r, s: r.normal() * 1e-9 if r.below(2) else 1e9 + r.normal() + s,
    "nulls": lambda r, s: None,
}
WHOLE = {
    "above_2p53": lambda r, s: (1 << 60) + r.below(40) + 10 * s,
    "hash": lambda r, s: (r.next() >> (1 + s)) - (1 << 61),
    "small": lambda r, s: r.below(60) + 5 * s,
    "cents": lambda r, s: r.below(1_000_000) * 7 + s,
}
CATEGORIES = {
    "words": lambda r, s: ["a", "b", "ä", "日本", ""][min(r.below(5 + s), 4)],
    "many": lambda r, s: f"c{r.below(300 + 30 * s)}",
    "none": lambda r, s: None,
    "one": lambda r, s: "x",
}
SIZES = [(1, 1), (1, 7), (5, 5), (40, 60), (300, 200), (2000, 3001), (9000, 10000), (20000, 15000)]


def sample(make, seed, size, side):
    rng = Rng(seed)
    return [make(rng, side) for _ in range(size)]


def corrected_limit(d, n, m):
    en = n * m / (n + m)
    el = math.sqrt(en) * d
    return float(scipy.special.kolmogorov(el + 1 / (6 * math.sqrt(en)) + (el - 1) / (4 * en)))


def numeric(base, now):
    """Exact on Python's numbers: integers beyond 2^53 are never floating-point."""
    x = sorted(v for v in base if v is not None and v == v)
    y = sorted(v for v in now if v is not None and v == v)
    n, m = len(x), len(y)
    answer = {"n": n, "m": m}
    if not n or not m:
        return answer
    values = sorted(set(x) | set(y))
    i = j = best = 0
    area, last = [], None
    for value in values:
        if last is not None and i * m != j * n and math.isfinite(value) and math.isfinite(last):
            area.append(abs(i / n - j / m) * float(value - last))
        while i < n and x[i] == value:
            i += 1
        while j < m and y[j] == value:
            j += 1
        best, last = max(best, abs(i * m - j * n)), value
    answer["d"] = best / (n * m)
    # Ranks among all values keep what floating-point numbers cannot.
    rank = {value: index for index, value in enumerate(values)}
    ranks = [[rank[v] for v in side] for side in (x, y)]
    if max(n, m) <= 10_000:
        with warnings.catch_warnings(record=True) as gave_up:
            warnings.simplefilter("always")
            found = scipy.stats.ks_2samp(*ranks, method="exact")
        assert abs(found.statistic - answer["d"]) < 1e-12
        # scipy's exact law fails on some small samples and falls back to another; then there is nothing to compare with.
        if not gave_up:
            answer["p"] = float(min(1.0, found.pvalue))
    else:
        answer["p"] = corrected_limit(answer["d"], n, m)
    if all(math.isfinite(v) for v in (x[0], x[-1], y[0], y[-1])):
        answer["wasserstein"] = math.fsum(area)
        if all(isinstance(v, float) for v in (x[0], y[0])) and max(map(abs, (x[0], x[-1], y[0], y[-1]))) < 1e12:
            scipys = scipy.stats.wasserstein_distance(x, y)
            assert math.isclose(scipys, answer["wasserstein"], rel_tol=1e-6, abs_tol=1e-12), (scipys, answer["wasserstein"])
        answer["mean"] = float(math.fsum(map(float, y)) / m)
        if m > 1:
            apart = np.array([v - y[0] for v in y], dtype=float)
            # By a power of two, so that squares of the least numbers are not 0.
            scale = 2.0 ** (math.frexp(np.max(np.abs(apart)))[1] - 1)
            answer["sd"] = float(np.std(apart / scale, ddof=1) * scale)
    edges = sorted({x[-(-k * n // 10) - 1] for k in range(1, 10)})
    psi = 0.0
    for low, high in zip([None] + edges, edges + [None]):
        inside = lambda v: (low is None or v > low) and (high is None or v <= high)
        p = max(sum(map(inside, x)) / n, 1e-4)
        q = max(sum(map(inside, y)) / m, 1e-4)
        psi += (q - p) * math.log(q / p)
    answer["psi"] = psi
    return answer


def categorical(base, now):
    x = [v for v in base if v is not None]
    y = [v for v in now if v is not None]
    n, m = len(x), len(y)
    answer = {"n": n, "m": m}
    if not n or not m:
        return answer
    names = sorted(set(x) | set(y))
    counts = {name: [0, 0] for name in names}
    for side, values in enumerate((x, y)):
        for value in values:
            counts[value][side] += 1
    table = np.array([counts[name] for name in names], dtype=float).T
    p, q = table[0] / n, table[1] / m
    answer["linf"] = float(np.max(np.abs(p - q)))
    answer["tvd"] = float(np.sum(np.abs(p - q)) / 2)
    middle = (p + q) / 2
    answer["jensen_shannon"] = float(np.sqrt(max(0.0, (scipy.special.rel_entr(p, middle).sum() + scipy.special.rel_entr(q, middle).sum()) / 2 / np.log(2))))
    if len(names) > 1:
        found = scipy.stats.chi2_contingency(table, correction=False)
        answer |= {"chi2": float(found.statistic), "dof": int(found.dof), "p": float(found.pvalue)}
        answer["cramers_v"] = math.sqrt(found.statistic / (n + m))
    floored = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    answer["psi"] = float(np.sum((floored[1] - floored[0]) * np.log(floored[1] / floored[0])))
    known = {v for v in x}
    answer["new"] = sum(v not in known for v in y)
    return answer


def answers():
    cases = []
    for table, judge in ((NUMBERS, numeric), (WHOLE, numeric), (CATEGORIES, categorical)):
        for name, make in table.items():
            for index, (n, m) in enumerate(SIZES):
                seed = 1000 * len(cases) + index
                pair = sample(make, seed, n, 0), sample(make, seed + 1, m, 1)
                cases.append({"case": name, "seed": seed, "rows": [n, m], **judge(*pair)})
    return cases


def main():
    lines = ",\n".join(json.dumps(case) for case in answers())
    text = f"[\n{lines}\n]\n"
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with open(sys.argv[2], encoding="utf-8") as file:
            kept, found = json.load(file), json.loads(text)
        for one, other in zip(kept, found, strict=True):
            for key in one.keys() | other.keys():
                a, b = one.get(key), other.get(key)
                same = math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-300) if isinstance(a, float) and isinstance(b, float) else a == b
                if not same:
                    sys.exit(f"{one['case']} {one['rows']}: {key} is {a} in the fixture and {b} here")
        print(f"scipy {scipy.__version__} agrees with {len(found)} cases")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
