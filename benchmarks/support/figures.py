# SPDX-License-Identifier: BSL-1.0
"""Figures: one line each, and the statistics behind them."""

import random
import statistics


def figure(name, value, unit):
    """`bench NAME VALUE UNIT` on standard output."""
    text = str(value) if isinstance(value, int) else f"{value:.4g}"
    print(f"bench {name} {text} {unit}", flush=True)


def median(values):
    return statistics.median(values)


def paired_ratio(ours, theirs):
    """Median of the ratios of pairs that ran one after the other, and the upper end of its 95 %
    bootstrap interval (seeded: the same measurements give the same figure)."""
    ratios = [a / b for a, b in zip(ours, theirs)]
    draw = random.Random(1)
    medians = sorted(statistics.median(draw.choices(ratios, k=len(ratios))) for _ in range(4000))
    return statistics.median(ratios), medians[int(0.975 * len(medians))]
