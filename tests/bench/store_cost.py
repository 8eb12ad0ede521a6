#!/usr/bin/env python3
"""What slotway-store costs per request and per key, beside redis-server, in one run.

   tests/bench/store_cost.py [--rounds 3] [--requests 400000] [--keys 500000]
                             [--store build/release/bin/slotway-store]

Medians of CPU microseconds per request of the server's process, requests per second, and its
resident memory; then bytes of resident memory per key. Needs (Debian): redis-server redis-tools.
"""
import argparse
import subprocess

import cost

WORKLOADS = {
    "GET, pipeline 1": (4, "-t get -c 50 -P 1 -d 64 -r 100000"),
    "GET, pipeline 16": (1, "-t get -c 50 -P 16 -d 64 -r 100000"),
    "SET, pipeline 16": (1, "-t set -c 50 -P 16 -d 64 -r 100000"),
}  # the number divides --requests
VALUES = {"values of 32 bytes": "v" * 32, "values of 256 bytes": "v" * 256, "integers": "1234567"}


def start_targets(servers, store):
    port = cost.free_port()
    return {"slotway-store": servers.start([store, "--port", str(port)], port),
            "redis-server": servers.redis()}


def bytes_per_key(port, pid, value, keys):
    """Of resident memory, for keys `key:<number>`."""
    before = cost.resident_mib(pid)
    commands = "".join(f"SET key:{number} {value}\r\n" for number in range(keys))
    subprocess.run(["redis-cli", "-p", str(port), "--pipe"], input=commands, text=True,
                   capture_output=True, check=True)
    return (cost.resident_mib(pid) - before) * 1024 * 1024 / keys


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=400000)
    parser.add_argument("--keys", type=int, default=500000)
    parser.add_argument("--store", default="build/release/bin/slotway-store")
    options = parser.parse_args()
    with cost.Servers() as servers:
        targets = start_targets(servers, options.store)
        cost.compare(targets, WORKLOADS, options.requests, options.rounds, "redis-server")
    print(f"{'keys':30} {'target':14} {'bytes per key':>14}")
    for name, value in VALUES.items():
        with cost.Servers() as servers:  # new servers, for memory that nothing has used
            for target, (port, pid) in start_targets(servers, options.store).items():
                print(f"{name:30} {target:14} {bytes_per_key(port, pid, value, options.keys):14.0f}")


if __name__ == "__main__":
    main()
