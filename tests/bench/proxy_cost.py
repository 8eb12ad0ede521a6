#!/usr/bin/env python3
"""What one worker of slotway costs per request, beside nutcracker and HAProxy, in one run.

   tests/bench/proxy_cost.py [--rounds 3] [--requests 400000] [--slotway build/release/bin/slotway]

Each workload goes to all targets in turns, so that a drift of the machine's speed hits all alike. The
figures are medians over the rounds: CPU microseconds per request that the target's process spent
(/proc/PID/task/*/schedstat), requests per second, and its resident memory. Needs (Debian):
redis-server redis-tools nutcracker haproxy. Everything listens on free ports of 127.0.0.1.
"""
import argparse
import csv
import io
import os
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time

WORKLOADS = {
    "GET, pipeline 1": (4, "-t get -c 50 -P 1 -d 64 -r 100000"),
    "GET, pipeline 16": (1, "-t get -c 50 -P 16 -d 64 -r 100000"),
    "SET, pipeline 16": (1, "-t set -c 50 -P 16 -d 64 -r 100000"),
    "GET, pipeline 64": (1, "-t get -c 50 -P 64 -d 64 -r 100000"),
    "GET of 4 KiB, pipeline 16": (2, "-t get -c 50 -P 16 -d 4096 -r 10000"),
    "MSET of 10 keys, pipeline 4": (4, "-t mset -c 50 -P 4 -d 64 -r 100000"),
    "GET, 1000 clients, pipeline 1": (4, "-t get -c 1000 -P 1 -d 64 -r 100000"),
}  # the number divides --requests


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"nothing listens on 127.0.0.1:{port}")


def cpu_seconds(pid):
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def benchmark(port, arguments, requests):
    command = ["redis-benchmark", "-p", str(port), "-n", str(requests), "--csv", *arguments.split()]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return float(list(csv.reader(io.StringIO(output)))[-1][1])


def targets(work, slotway, start):
    """Starts three redis-servers and the proxies in front of them: name -> (port, pid)."""
    shards = [free_port() for _ in range(3)]
    for port in shards:
        start(["redis-server", "--port", str(port), "--save", "", "--dir", str(work)])
        wait_for(port)
    mine, nutcracker, stats, haproxy = (free_port() for _ in range(4))
    (work / "slotway.yaml").write_text(
        f"admin: off\nworkers: 1\npools:\n  main:\n    listen: 127.0.0.1:{mine}\n    shards:\n"
        + "".join(f"      s{i}: {{ primary: 127.0.0.1:{p} }}\n" for i, p in enumerate(shards)))
    (work / "nutcracker.yml").write_text(
        f"pool:\n listen: 127.0.0.1:{nutcracker}\n hash: crc16\n hash_tag: \"{{}}\"\n"
        " distribution: ketama\n redis: true\n preconnect: true\n servers:\n"
        + "".join(f"  - 127.0.0.1:{p}:1\n" for p in shards))
    (work / "haproxy.cfg").write_text(
        "global\n nbthread 1\n maxconn 4000\ndefaults\n mode tcp\n timeout connect 2s\n"
        f" timeout client 60s\n timeout server 60s\nlisten r\n bind 127.0.0.1:{haproxy}\n"
        " balance roundrobin\n" + "".join(f" server s{p} 127.0.0.1:{p}\n" for p in shards))
    started = {
        "slotway": (mine, start([slotway, "--config", str(work / "slotway.yaml")])),
        "nutcracker": (nutcracker, start(["nutcracker", "-c", str(work / "nutcracker.yml"),
                                          "-s", str(stats), "-a", "127.0.0.1"])),
        "haproxy": (haproxy, start(["haproxy", "-db", "-f", str(work / "haproxy.cfg")])),
    }
    for port, _ in started.values():
        wait_for(port)
    return started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=400000)
    parser.add_argument("--slotway", default="build/release/bin/slotway")
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    processes = []

    def start(command):
        processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return processes[-1].pid

    with tempfile.TemporaryDirectory() as work:
        try:
            started = targets(pathlib.Path(work), options.slotway, start)
            print(f"{'workload':30} {'target':10} {'CPU us':>8} {'ratio':>6} {'req/s':>9} {'MiB':>6}")
            for name, (divisor, arguments) in WORKLOADS.items():
                requests = options.requests // divisor
                rows = {target: [] for target in started}
                for round_number in range(options.rounds + 1):  # round 0 warms up and fills the keys
                    for target, (port, pid) in started.items():
                        if round_number == 0 and "-t get" in arguments:
                            benchmark(port, arguments.replace("-t get", "-t set"), requests)
                        before = cpu_seconds(pid)
                        rate = benchmark(port, arguments, requests)
                        cost = (cpu_seconds(pid) - before) / requests * 1e6
                        if round_number > 0:
                            rows[target].append((cost, rate, resident_mib(pid)))
                medians = {t: [statistics.median(column) for column in zip(*r)] for t, r in rows.items()}
                for target, (cost, rate, memory) in medians.items():
                    ratio = cost / medians["nutcracker"][0]
                    print(f"{name:30} {target:10} {cost:8.2f} {ratio:6.2f} {rate:9.0f} {memory:6.1f}",
                          flush=True)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(10)


if __name__ == "__main__":
    main()
