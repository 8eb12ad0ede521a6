#!/usr/bin/env python3
"""What slotway-store costs per request and per key, beside redis-server, in one run.

   tests/bench/store_cost.py [--rounds 3] [--requests 400000] [--keys 1000000] [--only NAME,...]
                             [--store build/release/bin/slotway-store]

Medians of CPU microseconds per request of the server's process, requests per second, and its
resident memory; then bytes of resident memory per key, or per member of ten large values. Needs
(Debian): redis-server redis-tools.
"""
import argparse
import subprocess

import cost

WORKLOADS = {
    "GET, pipeline 1": (4, "-t get -c 50 -P 1 -d 64 -r 1000000"),
    "GET, pipeline 16": (1, "-t get -c 50 -P 16 -d 64 -r 1000000"),
    "GET, pipeline 64": (1, "-t get -c 50 -P 64 -d 64 -r 1000000"),
    "SET, pipeline 16": (1, "-t set -c 50 -P 16 -d 64 -r 1000000"),
    "SET, pipeline 64": (1, "-t set -c 50 -P 64 -d 64 -r 1000000"),
    "INCR, pipeline 16": (1, "-t incr -c 50 -P 16 -r 1000000"),
    "LPUSH, pipeline 16": (1, "-t lpush -c 50 -P 16 -d 16"),
    "LPOP, pipeline 16": (1, "-t lpop -c 50 -P 16"),  # of what the LPUSHes have left
    "HSET, pipeline 16": (1, "-t hset -c 50 -P 16 -r 100000 -d 16"),
    "SADD, pipeline 16": (1, "-t sadd -c 50 -P 16 -r 100000"),
    "ZADD, pipeline 16": (1, "-t zadd -c 50 -P 16 -r 100000"),
    "ZRANGE of 100, pipeline 16": (4, "-c 50 -P 16 ZRANGE myzset 0 99"),
    "LRANGE of 100, pipeline 4": (4, "-t lrange_100 -c 50 -P 4 -d 16"),
    "MSET of 10, pipeline 4": (4, "-t mset -c 50 -P 4 -d 64 -r 1000000"),
}  # the number divides --requests

# What part of --keys, and the command that adds entry `i`; of the last three all go into ten values.
DATA = {
    "strings of 32 bytes": (1, lambda i: f"SET user:{i:012} {'v' * 32}"),
    "with an expiry": (1, lambda i: f"SET sess:{i:012} {'v' * 32} EX {86400 + i}"),
    "strings of 256 bytes": (1, lambda i: f"SET user:{i:012} {'v' * 256}"),
    "integers": (1, lambda i: f"SET cnt:{i:012} {i}"),
    "hashes of 5 fields": (4,
        lambda i: f"HSET h:{i:010} name n{i} age {i % 90} city c{i % 999} score {i * 7} flag 1"),
    "members of a sorted set": (2, lambda i: f"ZADD board:{i % 10} {i} member:{i:09}"),
    "members of a set": (2, lambda i: f"SADD tags:{i % 10} member:{i:09}"),
    "elements of a list": (2, lambda i: f"RPUSH log:{i % 10} entry:{i:09}"),
}  # the number divides --keys


def start_targets(servers, store):
    port = cost.free_port()
    return {"slotway-store": servers.start([store, "--port", str(port)], port),
            "redis-server": servers.redis()}


def bytes_per_entry(port, pid, command, entries):
    """Of resident memory."""
    before = cost.resident_mib(pid)
    commands = "".join(f"{command(number)}\r\n" for number in range(entries))
    subprocess.run(["redis-cli", "-p", str(port), "--pipe"], input=commands, text=True,
                   capture_output=True, check=True)
    return (cost.resident_mib(pid) - before) * 1024 * 1024 / entries


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=400000)
    parser.add_argument("--keys", type=int, default=1000000)
    parser.add_argument("--only", default="", help="parts of names")
    parser.add_argument("--store", default="build/release/bin/slotway-store")
    options = parser.parse_args()

    def chosen(table):
        words = [word for word in options.only.split(",") if word]
        return {name: row for name, row in table.items()
                if not words or any(word in name for word in words)}

    with cost.Servers() as servers:
        targets = start_targets(servers, options.store)
        cost.compare(targets, chosen(WORKLOADS), options.requests, options.rounds, "redis-server")
    print(f"{'data':30} {'target':14} {'bytes each':>14} {'ratio':>6}")
    for name, (divisor, command) in chosen(DATA).items():
        with cost.Servers() as servers:  # new servers, for memory that nothing has used
            each = {target: bytes_per_entry(port, pid, command, options.keys // divisor) for target, (port, pid)
                    in start_targets(servers, options.store).items()}
        for target, size in each.items():
            print(f"{name:30} {target:14} {size:14.0f} {size / each['redis-server']:6.2f}",
                  flush=True)


if __name__ == "__main__":
    main()
