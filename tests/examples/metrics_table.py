#!/usr/bin/env python3
"""The table of all metrics in metrics/README.md, made of what the programs say of themselves.

    tests/examples/metrics_table.py build/release/bin     writes it anew
"""

import collections
import pathlib
import re
import sys

from running_system import RunningSystem, wait_for

README = pathlib.Path(__file__).resolve().parents[2] / "metrics/README.md"
BEGIN = "<!-- Made by tests/examples/metrics_table.py -->\n"
SUFFIXES = ("_bucket", "_sum", "_count")


class Family:
    def __init__(self, name, help_):
        self.name = name
        self.help = help_
        self.type = None
        self.labels = []
        self.samples = 0


def families_of(text):
    """The families of a text in Prometheus's format, in its order, by name."""
    families = collections.OrderedDict()
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, help_ = line[7:].split(" ", 1)
            families[name] = Family(name, help_)
        elif line.startswith("# TYPE "):
            name, type_ = line[7:].split(" ")
            families[name].type = type_
        elif line:
            name = re.match(r"[a-zA-Z_:][a-zA-Z0-9_:]*", line).group()
            family = families.get(name)
            for suffix in SUFFIXES:
                if family is None and name.endswith(suffix):
                    family = families[name[: -len(suffix)]]
            family.samples += 1
            for label in re.findall(r'[{,]([a-z_]+)="', line):
                if label != "le" and label not in family.labels:
                    family.labels.append(label)
    return families


def without_samples(texts):
    return [f.name for text in texts for f in families_of(text).values() if f.samples == 0]


def table(texts):
    """Markdown. Every family must have samples: they tell which labels it has."""
    assert not without_samples(texts), f"no samples of {without_samples(texts)}"
    rows = {}
    for text in texts:
        for family in families_of(text).values():
            labels = ", ".join(f"`{label}`" for label in family.labels)
            help_ = family.help.replace("|", "\\|")
            rows[family.name] = f"| `{family.name}` | {family.type} | {labels} | {help_} |\n"
    # What all programs have comes last, once.
    order = sorted(rows, key=lambda name: name.startswith("process_"))
    return "| metric | type | labels | |\n|---|---|---|---|\n" + "".join(rows[n] for n in order)


def tell_all(system):
    """The texts of /metrics, as soon as the load has left a trace in every family."""
    def texts():
        found = system.metrics()
        missing = without_samples(found)
        if missing:
            raise ValueError(f"none of {missing}")
        return found
    return wait_for("samples of every family", 30, texts)


def main():
    with RunningSystem(sys.argv[1]) as system:
        fresh = table(tell_all(system))
    head = README.read_text().split(BEGIN)[0]
    README.write_text(head + BEGIN + fresh)


if __name__ == "__main__":
    main()
