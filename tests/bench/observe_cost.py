#!/usr/bin/env python3
"""What it costs that requests are observed: `observe: off` beside the default, in one run.

   tests/bench/observe_cost.py [--rounds 5] [--requests 400000] [--slotway build/release/bin/slotway]

Both proxies have one worker and the same three redis-servers. The default keeps histograms by
command, shard and stage, the slow log and big keys; "traced" logs one request in 10,000, too.
Medians of CPU microseconds per request. Needs (Debian): redis-server redis-tools.
"""
import argparse

import cost

WORKLOADS = {
    "GET, pipeline 1": (4, "-t get -c 50 -P 1 -d 64 -r 100000"),
    "GET, pipeline 16": (1, "-t get -c 50 -P 16 -d 64 -r 100000"),
    "SET, pipeline 16": (1, "-t set -c 50 -P 16 -d 64 -r 100000"),
    "GET, pipeline 64": (1, "-t get -c 50 -P 64 -d 64 -r 100000"),
}  # the number divides --requests

OBSERVE = {"off": "off", "on": "{}", "traced": "{ trace: 10000 }"}


def start(servers, slotway, shards, name):
    port, admin = cost.free_port(), cost.free_port()
    file = servers.work / f"{name}.yaml"
    file.write_text(
        f"admin: 127.0.0.1:{admin}\nworkers: 1\nobserve: {OBSERVE[name]}\npools:\n  main:\n"
        f"    listen: 127.0.0.1:{port}\n    shards:\n"
        + "".join(f"      s{i}: {{ primary: 127.0.0.1:{p} }}\n" for i, p in enumerate(shards)))
    return servers.start([slotway, "--config", str(file)], port)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=400000)
    parser.add_argument("--slotway", default="build/release/bin/slotway")
    options = parser.parse_args()
    with cost.Servers() as servers:
        shards = [servers.redis()[0] for _ in range(3)]
        targets = {name: start(servers, options.slotway, shards, name) for name in OBSERVE}
        cost.compare(targets, WORKLOADS, options.requests, options.rounds, "off")


if __name__ == "__main__":
    main()
