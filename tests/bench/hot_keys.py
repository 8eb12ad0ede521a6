#!/usr/bin/env python3
"""What the detector and the cache of hot keys save and cost: Slotway with them, without, and redis-server directly.

   tests/bench/hot_keys.py [--rounds 5] [--seconds 3] [--only hot,zipf,uniform,writes,balance] [--bin build/release/bin]

hot      one key read by 50 clients, pipelines of 64 and 16, and PING
zipf     1 M keys, zipf 0.99, 95 % reads, three shards, pipeline of 16
uniform  100,000 keys, all read alike, pipelines of 16 and 64
writes   Twitter's write-heavy cluster: 80 % SET, nearly uniform
balance  zipf 0.99 over 64 shards: the reads of the busiest beside the mean

Everything takes turns within one run; a line beside a figure is the one that it is held to. Each proxy has one worker.
Needs: redis-server, redis-benchmark, and slotway-load of the same build.
"""
import argparse
import json
import pathlib
import statistics
import subprocess

import cost

CLIENTS = 50
HOT = "hot:key"


class Proxy:
    def __init__(self, servers, args, name, hot_keys, shards):
        self.name = name
        self.shards = shards
        self.admin = cost.free_port()
        port = cost.free_port()
        config = servers.work / f"{name}.yaml"
        lines = [f"admin: 127.0.0.1:{self.admin}", "workers: 1", "pools:", "  main:", f"    listen: 127.0.0.1:{port}",
                 f"    hot_keys: {hot_keys}", "    shards:"]
        lines += [f"      s{i}: {{ primary: 127.0.0.1:{shard} }}" for i, (shard, _) in enumerate(shards)]
        config.write_text("\n".join(lines) + "\n")
        self.port, self.pid = servers.start([str(args.bin / "slotway"), "--config", str(config)], port)


class Direct:
    def __init__(self, server):
        self.name = "redis-server"
        self.port, self.pid = server


def cli(port, *command):
    return subprocess.run(["redis-cli", "-p", str(port), *command], capture_output=True, text=True, check=True).stdout


def reads_at(port):
    """GETs that the server was asked to do."""
    for line in cli(port, "INFO", "commandstats").splitlines():
        if line.startswith("cmdstat_get:calls="):
            return int(line.split("=")[1].split(",")[0])
    return 0


def load(args, port, *arguments):
    command = [str(args.bin / "slotway-load"), f"127.0.0.1:{port}", "-c", str(CLIENTS), "--json", *arguments]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def by_load(args, *arguments):
    """A workload of slotway-load: {cpu us, requests/s, p99 us, reads at the busiest shard per request}."""

    def run(target):
        reads = [reads_at(port) for port, _ in target.shards]
        before = cost.cpu_seconds(target.pid)
        report = load(args, target.port, "--seconds", str(args.seconds), *arguments)
        used = cost.cpu_seconds(target.pid) - before
        count = report["requests"]
        reads = [reads_at(port) - was for (port, _), was in zip(target.shards, reads)]
        return {"cpu": used / count * 1e6, "rate": report["requests_per_second"], "p99": report["p99_us"],
                "busiest": max(reads) / count, "spread": max(reads) / (sum(reads) / len(reads))}

    return run


def by_redis_benchmark(arguments, requests):
    def run(target):
        before = cost.cpu_seconds(target.pid)
        rate = cost.benchmark(target.port, arguments, requests)
        return {"cpu": (cost.cpu_seconds(target.pid) - before) / requests * 1e6, "rate": rate}

    return run


def medians(targets, run, rounds):
    """Of each target's figures, over the rounds; the first, in which keys come to be cached, does not count."""
    rows = {target.name: [] for target in targets}
    for number in range(rounds + 1):
        for target in targets if number % 2 else reversed(targets):
            row = run(target)
            if number > 0:
                rows[target.name].append(row)
    return {name: {key: statistics.median(row[key] for row in all_rows) for key in all_rows[0]}
            for name, all_rows in rows.items()}


def show(workload, figures):
    for name, row in figures.items():
        rest = "".join(f"  {key} {value:.3g}" for key, value in row.items() if key not in ("cpu", "rate"))
        print(f"{workload:14} {name:14} {row['cpu']:8.3f} us {row['rate']:11.0f}/s{rest}", flush=True)


def line(what, value, relation, bar):
    missed = value > bar if relation == "<=" else value < bar
    print(f"    {what:74} {value:6.3f}  {relation} {bar:<5g} {'MISSED' if missed else ''}", flush=True)


def on_and_off(servers, args, shards):
    return [Proxy(servers, args, "on", "{ detect: true }", shards),
            Proxy(servers, args, "off", "{ detect: false }", shards)]


def hot(servers, args, shards):
    direct = Direct(shards[0])
    on, off = on_and_off(servers, args, shards)
    for port in [direct.port, on.port]:
        cli(port, "SET", HOT, "x" * 64)
    requests = int(args.seconds * 800_000)
    for pipeline in (64, 16):
        get = by_redis_benchmark(f"-c {CLIENTS} -P {pipeline} GET {HOT}", requests)
        reads = sum(reads_at(port) for port, _ in shards)
        medians([on], get, 1)  # alone, so that the count at the shards is of this proxy
        reads = sum(reads_at(port) for port, _ in shards) - reads
        figures = medians([direct, on, off], get, args.rounds)
        show(f"GET, P {pipeline}", figures)
        ping = medians([on], by_redis_benchmark(f"-c {CLIENTS} -P {pipeline} -t ping_mbulk", requests), args.rounds)
        show(f"PING, P {pipeline}", ping)
        if pipeline == 64:
            line("requests/s, as often as redis-server", figures["on"]["rate"] / figures[direct.name]["rate"], ">=", 1.2)
            line("CPU, of redis-server's", figures["on"]["cpu"] / figures[direct.name]["cpu"], "<=", 0.55)
        line("CPU, of what it is without", figures["on"]["cpu"] / figures["off"]["cpu"], "<=", 0.7)
        line("CPU, of PING's", figures["on"]["cpu"] / ping["on"]["cpu"], "<=", 1.3)
        line("GETs at the shard, of those that were asked", reads / (2 * requests), "<=", 0.01)


def zipf(servers, args, shards):
    targets = on_and_off(servers, args, shards)
    workload = ["-w", "ycsb-b", "-k", "1000000", "-P", "16"]
    load(args, targets[0].port, "--preload", "-n", "1", *workload)
    figures = medians(targets, by_load(args, *workload), args.rounds)
    show("zipf", figures)
    on, off = figures["on"], figures["off"]
    line("reads at the busiest shard, of those without", on["busiest"] / off["busiest"], "<=", 0.55)
    line("requests/s, as often as without", on["rate"] / off["rate"], ">=", 1.3)
    line("p99, of that without", on["p99"] / off["p99"], "<=", 1.0)


def uniform(servers, args, shards):
    targets = on_and_off(servers, args, shards)
    load(args, targets[0].port, "--preload", "-n", "1", "-k", "100000")
    for pipeline in (16, 64):
        figures = medians(targets, by_load(args, "-k", "100000", "-P", str(pipeline)), args.rounds)
        show(f"uniform, P {pipeline}", figures)
        line("CPU, of what it is without", figures["on"]["cpu"] / figures["off"]["cpu"], "<=", 1.02)


def writes(servers, args, shards):
    targets = on_and_off(servers, args, shards)
    workload = ["-w", "twitter-write-heavy", "-k", "100000", "-P", "16"]
    load(args, targets[0].port, "--preload", "-n", "1", *workload)
    figures = medians(targets, by_load(args, *workload), args.rounds)
    show("writes", figures)
    line("CPU, of what it is without", figures["on"]["cpu"] / figures["off"]["cpu"], "<=", 1.03)


def balance(servers, args, _):
    shards = [servers.redis() for _ in range(64)]
    targets = on_and_off(servers, args, shards)
    workload = ["-w", "ycsb-b", "-d", "64", "-k", "1000000", "-P", "16"]
    load(args, targets[0].port, "--preload", "-n", "1", *workload)
    figures = medians(targets, by_load(args, *workload), args.rounds)
    show("balance", figures)
    line("reads of the busiest of 64 shards, of the mean", figures["on"]["spread"], "<=", 1.2)


PARTS = {"hot": hot, "zipf": zipf, "uniform": uniform, "writes": writes, "balance": balance}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--bin", type=pathlib.Path, default="build/release/bin")
    args = parser.parse_args()
    for name in args.only.split(","):
        with cost.Servers() as servers:
            PARTS[name](servers, args, [servers.redis() for _ in range(3)])


if __name__ == "__main__":
    main()
