#!/usr/bin/env python3
"""What one worker of slotway costs per request, beside nutcracker and HAProxy, in one run.

   tests/bench/proxy_cost.py [--rounds 3] [--requests 400000] [--slotway build/release/bin/slotway]

Medians of CPU microseconds per request of the target's process, requests per second, and its
resident memory. Needs (Debian): redis-server redis-tools nutcracker haproxy.
"""
import argparse

import cost

WORKLOADS = {
    "GET, pipeline 1": (4, "-t get -c 50 -P 1 -d 64 -r 100000"),
    "SET, pipeline 1": (4, "-t set -c 50 -P 1 -d 64 -r 100000"),
    "GET, pipeline 16": (1, "-t get -c 50 -P 16 -d 64 -r 100000"),
    "SET, pipeline 16": (1, "-t set -c 50 -P 16 -d 64 -r 100000"),
    "GET, pipeline 64": (1, "-t get -c 50 -P 64 -d 64 -r 100000"),
    "GET of 4 KiB, pipeline 16": (2, "-t get -c 50 -P 16 -d 4096 -r 10000"),
    "MSET of 10 keys, pipeline 4": (4, "-t mset -c 50 -P 4 -d 64 -r 100000"),
    "GET, 1000 clients, pipeline 1": (4, "-t get -c 1000 -P 1 -d 64 -r 100000"),
}  # the number divides --requests


def start_targets(servers, slotway):
    """Starts three redis-servers and the proxies in front of them."""
    shards = [servers.redis()[0] for _ in range(3)]
    mine, admin, nutcracker, stats, haproxy = (cost.free_port() for _ in range(5))
    work = servers.work
    (work / "slotway.yaml").write_text(
        f"admin: 127.0.0.1:{admin}\nworkers: 1\npools:\n  main:\n    listen: 127.0.0.1:{mine}\n    shards:\n"
        + "".join(f"      s{i}: {{ primary: 127.0.0.1:{p} }}\n" for i, p in enumerate(shards)))
    (work / "nutcracker.yml").write_text(
        f"pool:\n listen: 127.0.0.1:{nutcracker}\n hash: crc16\n hash_tag: \"{{}}\"\n"
        " distribution: ketama\n redis: true\n preconnect: true\n servers:\n"
        + "".join(f"  - 127.0.0.1:{p}:1\n" for p in shards))
    (work / "haproxy.cfg").write_text(
        "global\n nbthread 1\n maxconn 4000\ndefaults\n mode tcp\n timeout connect 2s\n"
        f" timeout client 60s\n timeout server 60s\nlisten r\n bind 127.0.0.1:{haproxy}\n"
        " balance roundrobin\n" + "".join(f" server s{p} 127.0.0.1:{p}\n" for p in shards))
    return {
        "slotway": servers.start([slotway, "--config", str(work / "slotway.yaml")], mine),
        "nutcracker": servers.start(["nutcracker", "-c", str(work / "nutcracker.yml"),
                                     "-s", str(stats), "-a", "127.0.0.1"], nutcracker),
        "haproxy": servers.start(["haproxy", "-db", "-f", str(work / "haproxy.cfg")], haproxy),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=400000)
    parser.add_argument("--slotway", default="build/release/bin/slotway")
    options = parser.parse_args()
    with cost.Servers() as servers:
        targets = start_targets(servers, options.slotway)
        cost.compare(targets, WORKLOADS, options.requests, options.rounds, "nutcracker")


if __name__ == "__main__":
    main()
