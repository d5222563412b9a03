"""What was found, as numbers and as a page: medians, spreads, and ratios to the floor within each round."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.load import LoadResult
from benchmarks.peers.processes import Taken
from benchmarks.peers.rounds import Found


def summary(found: Mapping[str, Found]) -> dict[str, Any]:
    """By number of connections and contestant. The first contestant is the floor."""
    floor = next(iter(found.values()))
    return {
        str(connections): {
            name: _line(each.results[connections], each.taken[connections], results) for name, each in found.items()
        }
        for connections, results in floor.results.items()
    }


def faulty(report: Mapping[str, Any]) -> int:
    """Answers that were none."""
    return sum(line["faulty"] for lines in report.values() for line in lines.values())


def _line(results: Sequence[LoadResult], taken: Sequence[Taken], floor: Sequence[LoadResult]) -> dict[str, Any]:
    ratios = [one.per_second / other.per_second for one, other in zip(results, floor, strict=True)]
    answers = max(1, sum(each.answers for each in results))
    return {
        "reports_per_second": round(median(each.per_second for each in results), 1),
        "spread": [round(limit(each.per_second for each in results), 1) for limit in (min, max)],
        "ratio_to_floor": round(median(ratios), 3),
        "ratio_spread": [round(min(ratios), 3), round(max(ratios), 3)],
        "p50_ms": round(median(each.percentile_ms(50) for each in results), 1),
        "p99_ms": round(median(each.percentile_ms(99) for each in results), 1),
        "bytes": round(sum(each.bytes for each in results) / answers),
        "answers": sum(each.answers for each in results),
        "faulty": sum(sum(each.faulty.values()) for each in results),
        "cpu_ms_an_answer": round(sum(each.cpu_seconds for each in taken) / answers * 1000, 2),
        "worker_pss_mib": round(max(each.pss_mib for each in taken)),
        "worker_rss_mib": round(max(each.rss_mib for each in taken)),
        "workers": max(each.workers for each in taken),
        "client_share_of_a_core": round(
            sum(each.client_cpu_seconds for each in results) / sum(each.seconds for each in results), 3
        ),
    }


_HEAD = (
    f"{'':13}{'reports/s':>10}{'spread':>14}{'of the floor':>13}{'spread':>12}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>8}"
    f"{'worker MiB':>11}{'answers':>9}{'bytes':>7}{'faulty':>7}{'client':>8}"
)


def page(report: Mapping[str, Any], left_out: Mapping[str, str]) -> str:
    """The page. `left_out`: why, by contestant."""
    lines: list[str] = []
    for connections, contestants in report.items():
        lines += ["", f"{connections} connection{'s' if connections != '1' else ''}", _HEAD]
        lines += [_row(name, line) for name, line in contestants.items()]
    lines += [
        "",
        "CPU ms: of all its processes, for each answer, without the database's. worker MiB: PSS of the largest.",
    ]
    lines += ["client: what the load generator took of one core."]
    lines += [f"left out: {name}: {reason}" for name, reason in left_out.items()]
    return "\n".join(lines)


def _row(name: str, line: Mapping[str, Any]) -> str:
    spread = "-".join(f"{limit:.0f}" for limit in line["spread"])
    ratios = "-".join(f"{limit:.2f}" for limit in line["ratio_spread"])
    return (
        f"{name:13}{line['reports_per_second']:>10.0f}{spread:>14}{line['ratio_to_floor']:>13.2f}{ratios:>12}"
        f"{line['p50_ms']:>9.1f}{line['p99_ms']:>9.1f}{line['cpu_ms_an_answer']:>8.2f}{line['worker_pss_mib']:>11}"
        f"{line['answers']:>9}{line['bytes']:>7}{line['faulty']:>7}{line['client_share_of_a_core']:>8.0%}"
    )
