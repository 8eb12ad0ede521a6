#!/usr/bin/env python3
"""How the cost of a request in the proxy grows with clients, shards and slot ranges.

   tests/bench/growth.py                 everything, about five minutes
   tests/bench/growth.py --short         instructions alone, in a minute: the test of ctest
   tests/bench/growth.py --only cpu      one part: instructions, cpu or workers

Instructions. The proxy (one worker) runs under callgrind, everything else as it is: slotway-store
processes as shards, and slotway-load, which checks every reply. User-mode instructions per request
are those of a run with 2R requests less those of a run with R, divided by R, so that starting,
connecting and closing cancel out. What keeps the comparison honest:

 * Within a group all is equal but what the group is named for: commands, keys, 50 active clients,
   requests in flight. Of 500 or 5,000 clients the others are connected and idle.
 * Hot keys are found, but not cached: how many requests the cache answers depends on the clock.
 * The proxy is slowed down some 50 times and the others are not, so that what is in flight waits
   for it nearly all the time: batches are as large as they can be and hardly depend on the machine.
   Beside each figure stands how many requests shared a write to a shard.
 * The more shards, the fewer requests share a write and a read. So many pairs more are no growth of
   what a request costs, but they are in the figure. At pipeline 64 each of 64 shards still has 50
   requests in flight; there the figure has a bound. Below, it is a report. At pipeline 1, where no
   reply has to wait for one of another shard, it tells what one pair costs: what a request takes
   more than with one shard, by how many pairs more it has.

What the proxy does by the clock is in a figure, too, and the busier the machine is with other things,
the more of it: a figure above its bound is taken twice more, and the lowest counts.

Exits with 1 if a figure with a bound is more than 15 % above the first of its group.

CPU. The proxy runs as it is; CPU time of all its threads (schedstat), user and system, medians over
the rounds. The cost of a pair of a write to and a read from a shard is again the slope, from one
shard to N; CPU by pair, which is mostly the cost of the requests that share it, stands beside it.
At pipeline 16 the slope also holds what replies cost that wait for one of another shard. Timed, so
above 5 us a pair is a failure with --strict only.

Workers. One and two of them, for the record: here they share the cores with clients and shards.

Needs (Debian): valgrind.
"""
import argparse
import collections
import contextlib
import json
import pathlib
import resource
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

import cost

SLOTS = 16384
ACTIVE = 50
MAX_GROWTH = 0.15
MAX_PAIR_US = 5.0

Case = collections.namedtuple("Case", "clients shards ranges")
# The first case is what the others are compared with; the bound holds at pipelines from bound_from.
Group = collections.namedtuple("Group", "name cases bound_from")
GROUPS = [
    Group("clients", [Case(50, 3, 3), Case(500, 3, 3), Case(5000, 3, 3)], 1),
    Group("slot ranges", [Case(50, 3, 3), Case(50, 3, 300), Case(50, 3, 16384)], 1),
    Group("shards", [Case(50, 1, 1), Case(50, 8, 8), Case(50, 64, 64)], 64),
]
Counts = collections.namedtuple("Counts", "requests writes reads")


def pairs(counts):
    """Of a write and a read, for each request."""
    return (counts.writes + counts.reads) / 2 / counts.requests


class Bench:
    """The programs of one build, and the shards that all proxies share."""

    def __init__(self, servers, binaries):
        self.servers = servers
        self.binaries = binaries
        self.stores = []

    def shards(self, count):
        """Ports of `count` stores, started when first needed."""
        while len(self.stores) < count:
            port = cost.free_port()
            self.stores.append(self.servers.start([self.binaries / "slotway-store", "--port",
                                                   str(port)], port)[0])
        return self.stores[:count]

    def configuration(self, case, workers, port, admin):
        """Slot ranges of equal size, neighbours on different shards."""
        owned = [[] for _ in range(case.shards)]
        for i in range(case.ranges):
            first, end = i * SLOTS // case.ranges, (i + 1) * SLOTS // case.ranges
            owned[i % case.shards].append(f"{first}-{end - 1}" if end - first > 1 else f"{first}")
        lines = [f"admin: 127.0.0.1:{admin}", f"workers: {workers}", "pools:", "  main:",
                 f"    listen: 127.0.0.1:{port}",
                 "    timeouts: { request: 60s, connect: 60s }",  # callgrind is slow
                 "    hot_keys: { cache: { mode: off } }",
                 "    shards:"]
        for i, store in enumerate(self.shards(case.shards)):
            slots = ", ".join(owned[i])
            lines.append(f"      s{i}: {{ primary: 127.0.0.1:{store}, slots: [{slots}] }}")
        path = self.servers.work / "slotway.yaml"
        path.write_text("\n".join(lines) + "\n")
        return path

    def load(self, port, pipeline, *options):
        command = [self.binaries / "slotway-load", f"127.0.0.1:{port}", "-c", str(ACTIVE), "-P",
                   str(pipeline), "--patience", "60", "--json", *map(str, options)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{command}: {done.stdout} {done.stderr}")
        return json.loads(done.stdout)


class Proxy:
    """A running slotway in front of its shards, with all keys written."""

    def __init__(self, bench, case, workers=1, below=()):
        self.bench = bench
        bench.shards(case.shards)  # before a port is looked for: they take some
        self.port, self.admin = cost.free_port(), cost.free_port()
        path = bench.configuration(case, workers, self.port, self.admin)
        _, self.pid = bench.servers.start([*below, bench.binaries / "slotway", "--config", path],
                                          self.port)
        self.process = bench.servers.processes[-1]
        bench.load(self.port, 16, "-n", 0, "--preload")
        self.idle = [self.idle_client() for _ in range(case.clients - ACTIVE)]

    def load(self, requests, pipeline):
        """Ends when the proxy has let go of the clients."""
        report = self.bench.load(self.port, pipeline, "-n", requests)
        while self.clients() > len(self.idle):
            time.sleep(0.02)
        return report

    def idle_client(self):
        client = socket.create_connection(("127.0.0.1", self.port))
        client.sendall(b"PING\r\n")
        assert client.recv(7) == b"+PONG\r\n"
        return client

    def clients(self):
        """Connections that it has not closed yet; the kernel is asked, for the proxy would work."""
        local = f"0100007F:{self.port:04X}"
        lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()]
        return sum(line[1] == local and line[3] in ("01", "08") for line in lines)  # and CLOSE_WAIT

    def counts(self):
        """Of all shards so far."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.admin}/metrics").read().decode()
        sums = collections.Counter()
        for line in text.splitlines():
            if not line.startswith("#"):
                sums[line.split("{")[0].split(" ")[0]] += float(line.split()[-1])
        return Counts(*(sums[f"slotway_shard_{what}_total"] for what in Counts._fields))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.idle:
            client.close()
        self.process.terminate()
        self.process.wait(30)
        self.bench.servers.processes.remove(self.process)


def difference(after, before):
    return Counts(*(a - b for a, b in zip(after, before)))


class Callgrind:
    """Counts the instructions of a proxy between two moments."""

    def __init__(self, bench, case):
        self.file = bench.servers.work / "callgrind.out"
        self.dumps = 0
        below = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.file}"]
        self.proxy = Proxy(bench, case, below=below)

    def take(self):
        """Instructions since it was last asked."""
        subprocess.run(["vgdb", f"--pid={self.proxy.pid}", "dump"], capture_output=True, check=True)
        self.dumps += 1
        for line in pathlib.Path(f"{self.file}.{self.dumps}").read_text().splitlines():
            if line.startswith("summary:"):
                return int(line.split()[1])
        sys.exit("callgrind has written no summary")


def instructions(bench, case, requests, pipeline):
    """Of one request, and its share of the pairs."""
    counting = Callgrind(bench, case)
    with counting.proxy as proxy:
        proxy.load(requests, pipeline)  # takes the memory that the others find
        spent = []
        for count in (requests, 2 * requests):
            before = proxy.counts()
            counting.take()
            proxy.load(count, pipeline)
            spent.append(counting.take())
            share = pairs(difference(proxy.counts(), before))
        return (spent[1] - spent[0]) / requests, share


def slope(figure, share, first_figure, first_share):
    """What one pair more costs; nothing to say unless there are more of them."""
    return (figure - first_figure) / (share - first_share) if share > first_share * 1.2 else None


def text(value, digits):
    return "-" if value is None else f"{value:.{digits}f}"


def measure_instructions(bench, plan):
    """plan: (pipeline, requests, names of groups). False if some growth is out of bounds."""
    good = True
    print(f"{'group':12} {'pipeline':>8} {'clients':>7} {'shards':>6} {'ranges':>6} "
          f"{'instructions':>12} {'growth':>7} {'by pair':>7} {'requests/pair':>13}")
    for pipeline, requests, names in plan:
        seen = {}
        for group in GROUPS:
            if group.name not in names:
                continue
            for case in group.cases:
                if case not in seen:
                    seen[case] = instructions(bench, case, requests, pipeline)
                first = seen[group.cases[0]]
                most = first[0] * (1 + MAX_GROWTH) if pipeline >= group.bound_from else float("inf")
                for _ in range(2):
                    if seen[case][0] > most:
                        seen[case] = min(seen[case], instructions(bench, case, requests, pipeline))
                spent, share = seen[case]
                growth = spent / first[0] - 1
                bad = spent > most
                good = good and not bad
                by_pair = slope(spent, share, *first) if pipeline == 1 else None
                print(f"{group.name:12} {pipeline:8} {case.clients:7} {case.shards:6} "
                      f"{case.ranges:6} {spent:12.0f} {growth:+7.1%} {text(by_pair, 0):>7} "
                      f"{1 / share:13.1f}{'  too much' if bad else ''}", flush=True)
    return good


class Cost:
    """What loads on one running proxy took: a row for each round."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.rows = []

    def round(self, requests, pipeline):
        before = self.proxy.counts()
        started, user = cost.cpu_seconds(self.proxy.pid), cost.user_seconds(self.proxy.pid)
        report = self.proxy.load(requests, pipeline)
        used = (cost.cpu_seconds(self.proxy.pid) - started) * 1e6 / requests
        user = (cost.user_seconds(self.proxy.pid) - user) * 1e6 / requests
        self.rows.append((used, pairs(difference(self.proxy.counts(), before)), user,
                          report["requests_per_second"], report["p99_us"]))

    def medians(self):
        return [statistics.median(column) for column in zip(*self.rows)]


def compare_costs(proxies, requests, pipeline, rounds):
    """Medians of each, in turns; the first round warms up."""
    costs = [Cost(proxy) for proxy in proxies]
    for number in range(rounds + 1):
        for each in costs:
            each.round(requests, pipeline)
            if number == 0:
                each.rows.clear()
    return [each.medians() for each in costs]


def measure_cpu(bench, requests, rounds):
    """False if a pair costs too much."""
    good = True
    shards = (1, 3, 16, 64)
    print(f"{'pipeline':>8} {'shards':>6} {'CPU us/request':>14} {'user':>5} {'a pair more':>11} "
          f"{'us/pair':>8} {'requests/pair':>13} {'requests/s':>10}")
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(Proxy(bench, Case(ACTIVE, n, n))) for n in shards]
        for pipeline in (1, 16):
            medians = compare_costs(proxies, requests, pipeline, rounds)
            for count, (used, share, user, rate, _) in zip(shards, medians):
                by_pair = slope(used, share, *medians[0][:2])
                good = good and (by_pair is None or by_pair <= MAX_PAIR_US)
                print(f"{pipeline:8} {count:6} {used:14.2f} {user:5.2f} {text(by_pair, 1):>11} "
                      f"{used / share:8.1f} {1 / share:13.1f} {rate:10.0f}", flush=True)
    return good


def measure_workers(bench, requests, rounds):
    print(f"{'pipeline':>8} {'workers':>7} {'CPU us/request':>14} {'requests/s':>10} {'p99 us':>7}")
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(Proxy(bench, Case(ACTIVE, 3, 3), n)) for n in (1, 2)]
        for pipeline in (1, 16):
            for workers, (used, _, _, rate, p99) in enumerate(
                    compare_costs(proxies, requests, pipeline, rounds), 1):
                print(f"{pipeline:8} {workers:7} {used:14.2f} {rate:10.0f} {p99:7.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--only", choices=("instructions", "cpu", "workers"))
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--requests", type=int, default=200000, help="of one load that is timed")
    parser.add_argument("--bin", type=pathlib.Path, default="build/release/bin")
    options = parser.parse_args()
    everything = [group.name for group in GROUPS]
    plan = [(1, 20000, everything), (16, 50000, everything), (64, 100000, everything)]
    if options.short:
        plan = [(1, 8000, ["clients", "slot ranges"]), (64, 40000, ["shards"])]
        options.only = "instructions"
    # For itself, and for callgrind, which takes over what limit there is.
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    good = True
    with cost.Servers() as servers:
        bench = Bench(servers, options.bin)
        if options.only in (None, "instructions"):
            good = measure_instructions(bench, plan)
        if options.only in (None, "cpu"):
            cheap = measure_cpu(bench, options.requests, options.rounds)
            good = good and (cheap or not options.strict)
        if options.only in (None, "workers"):
            measure_workers(bench, options.requests, options.rounds)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
