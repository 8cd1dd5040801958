"""Results as Markdown: medians with [least..most], a table a benchmark, in two languages."""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median

from .runner import Result, benchmark

KOREAN = {
    "network": "신경망",
    "network × batch": "신경망 × 미니배치",
    "rule, parameters": "갱신 규칙, 매개변수의 수",
    "chain": "사슬",
    "batch": "미니배치",
    "size": "크기",
    "job": "일",
    "piece": "조각",
    "before": "앞",
    "after": "뒤",
    "µs a step": "한 걸음 µs",
    "µs a batch": "미니배치 하나 µs",
    "µs an op": "연산 하나 µs",
    "ours ÷ best peer": "tinygrad_kr ÷ 가장 빠른 상대",
    "ours ÷ numpy": "tinygrad_kr ÷ numpy",
    "ours ÷ step": "tinygrad_kr ÷ 한 걸음",
    "after ÷ before": "뒤 ÷ 앞",
    "cores": "코어",
}
ENGLISH = {f"ours ÷ {what}": f"tinygrad_kr ÷ {what}" for what in ("best peer", "numpy", "step")}
WORDS = {
    "ko": {"ours": "**tinygrad_kr**", **KOREAN},
    "en": {"ours": "**tinygrad_kr**", **ENGLISH},
}


def number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(values: list[float] | None) -> str:
    if not values:
        return "—"
    if len(values) == 1:
        return number(values[0])
    return f"{number(median(values))} [{number(min(values))}..{number(max(values))}]"


def table(name: str, result: Result, language: str = "en") -> str:
    """Subjects down and cases across; cases down, where they are the more."""
    found, words, values = benchmark(name), WORDS[language], result["values"]
    subjects = [s for s in found.subjects if any(s in got for got in values.values())]
    rows = {s: {c: cell(got.get(s)) for c, got in values.items()} for s in subjects}
    rows |= _ratios(name, values)
    if len(found.cases) > len(found.subjects):
        rows = {c: {r: row.get(c, "") for r, row in rows.items()} for c in values}
    columns = list(dict.fromkeys(c for row in rows.values() for c in row))
    title, unit = (words.get(w, w) for w in (found.title, result["unit"]))
    head = [f"{title} ({unit})", *(words.get(c, c) for c in columns)]
    body = [[words.get(r, r), *(row.get(c, "") for c in columns)] for r, row in rows.items()]
    lines = [head, ["---", *["---:"] * len(columns)], *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratios(name: str, values: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, str]]:
    found = benchmark(name)
    medians = {c: {s: median(v) for s, v in got.items()} for c, got in values.items()}
    rows: dict[str, dict[str, str]] = {}
    peers = [s for s in found.subjects if s not in ("ours", *found.floors)]
    for label, over, under in (
        ("ours ÷ best peer", "ours", peers),
        ("ours ÷ numpy", "ours", ["numpy"]),
        ("after ÷ before", "after", ["before"]),
    ):
        for case, got in medians.items():
            present = [got[s] for s in under if s in got]
            if over in got and present and min(present) > 0:
                rows.setdefault(label, {})[case] = f"{got[over] / min(present):.2f}"
    for case, whole in found.shares.items():
        step, part = medians.get(whole, {}).get("ours"), medians.get(case, {}).get("ours")
        if step and part:
            rows.setdefault("ours ÷ step", {})[case] = f"{part / step:.1%}"
    return rows


def machines(results: dict[str, Result], language: str = "en") -> str:
    """What was measured on, a line for each machine and day."""
    words, lines = WORDS[language], {}
    for name, result in results.items():
        m = dict(result["machine"])
        peers = ", ".join(f"{k} {v}" for k, v in m.pop("peers").items())
        line = (
            f"{m.pop('cpu')}, {m.pop('cores')} {words.get('cores', 'cores')}, {m.pop('system')}; "
            f"Python {m.pop('python')}, NumPy {m.pop('numpy')} ({m.pop('blas')}), {peers}"
        )
        line = "; ".join([line, m.pop("date"), *(f"{k}={v}" for k, v in m.items())])
        lines.setdefault(line, []).append(f"`{name}` × {result['rounds']}")
    return "\n".join(f"- {line}: {', '.join(names)}" for line, names in lines.items())


def page(results: dict[str, Result]) -> str:
    parts = ["# tests.benchmarks", machines(results)]
    for name, result in results.items():
        parts += [f"## {name}", table(name, result)]
        parts += [f"Left out: {who} ({why})" for who, why in result["left out"].items()]
    return "\n\n".join(parts) + "\n"


def fill(path: Path, results: dict[str, Result], language: str) -> None:
    """Write a page's tables between their marks: comments that say ``table: NAME`` and ``end``.

    After the name may stand a regular expression, for those cases alone in which it is found.
    """

    def filled(found: re.Match[str]) -> str:
        mark, name, pattern, end = found.groups()
        if name == "machine":
            text = machines(results, language)
        elif name in results:
            values = results[name]["values"]
            chosen = {c: got for c, got in values.items() if re.search(pattern or "", c)}
            text = table(name, results[name] | {"values": chosen}, language)
        else:
            return found[0]
        return f"{mark}\n\n{text}\n\n{end}"

    marks = re.compile(r"(<!-- table: (\w+)(?: ([^\n]+?))? -->).*?(<!-- end -->)", re.DOTALL)
    path.write_text(marks.sub(filled, path.read_text(encoding="utf-8")), encoding="utf-8")
