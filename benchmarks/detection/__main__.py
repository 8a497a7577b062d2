"""`python -m benchmarks.detection`: how well ruptures are found in simulated treatments."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.detection import tables
from benchmarks.detection.exact import PARTICLES
from benchmarks.detection.study import Plan, Study, carry_out
from benchmarks.detection.worlds import WORLDS


def main() -> int:
    given = parser().parse_args()
    plan = Plan(given.worlds, given.treatments, given.seeds, given.particles, not given.no_exact)
    study = carry_out(plan)
    tables.show(study)
    if given.json:
        given.json.write_text(json.dumps(as_json(study), indent=2) + "\n")
    if given.markdown:
        given.markdown.write_text(tables.as_markdown(study))
    return 0


def as_json(study: Study) -> dict[str, Any]:
    return {
        "plan": asdict(study.plan),
        "trials": [asdict(trial) for trial in study.trials],
        "lessons": [asdict(lesson) for lesson in study.lessons],
        "settings": {
            question: {family: rule.setting for family, rule in chosen.items()}
            for question, chosen in study.tuned.items()
        },
        "aims": [{**asdict(aim), "met": aim.met} for aim in tables.aims(study)],
    }


def world_names(text: str) -> tuple[str, ...]:
    """In the order of WORLDS. Some names have a comma in them: the longest are looked for first."""
    left, found = f",{text},", set()
    for name in sorted(WORLDS, key=len, reverse=True):
        if f",{name}," in left:
            left = left.replace(f",{name},", ",")
            found.add(name)
    if left != ",":
        raise argparse.ArgumentTypeError(f"no world {left.strip(',')!r}; {'; '.join(WORLDS)}")
    return tuple(name for name in WORLDS if name in found)


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m benchmarks.detection", description=__doc__)
    options.add_argument("--treatments", type=int, default=300, help="in each world and seed")
    options.add_argument("--seeds", type=int, default=3)
    options.add_argument("--particles", type=int, default=PARTICLES, help="of the exact answer")
    options.add_argument(
        "--worlds", type=world_names, default=tuple(WORLDS), metavar="A,B", help="all, if not given"
    )
    options.add_argument(
        "--no-exact", action="store_true", help="sooner: it takes two thirds of the time"
    )
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options.add_argument("--markdown", type=Path, metavar="FILE", help="and the tables there")
    return options


if __name__ == "__main__":
    sys.exit(main())
