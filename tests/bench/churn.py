#!/usr/bin/env python3
"""How much more memory is resident than in use, after values of ever other sizes have come and gone.

   tests/bench/churn.py [--mib 1024] [--turns 2] [--seed 1] [--store build/release/bin/slotway-store]

Fills slotway-store and redis-server with values of one phase's sizes up to --mib of payload, then
overwrites and deletes keys that are drawn by lot, phase by phase, each until --turns times as much
has been written. Four of five values are strings, the others hashes, lists, sets and sorted sets of
elements of such a size. Both get the same commands. After each phase, and --rest seconds for the
allocator to give back what it may: INFO's used_memory, what is resident, and the ratio of the two;
at the end again, after MEMORY PURGE. Exits with 1 if slotway-store's ratio is above 1.3 after any
phase. With little data the programs themselves weigh: --mib 256 is the least that says something.
"""
import argparse
import random
import sys
import time

import cost

BAR = 1.3
MIB = 1 << 20
# Bytes of a value, from and to; each octave of them is as likely as any other.
PHASES = {
    "small": (16, 128),
    "all sizes": (16, 16384),
    "medium": (128, 1024),
    "large": (1024, 65536),
    "small again": (16, 256),
}


def size_of(rng, phase):
    least, most = PHASES[phase]
    return int(least * (most / least) ** rng.random())


def write_of(rng, key, phase):
    """The commands that give the key a fresh value, and how many bytes that has."""
    size = size_of(rng, phase)
    text = "%016x" % rng.getrandbits(64)
    if rng.random() < 0.8:
        return [("SET", key, (text * (size // 16 + 1))[:size])], size
    count = rng.randrange(1, 40)
    each = max(size // count, 4)
    elements = ["%d:%s" % (i, (text * (each // 16 + 1))[:each]) for i in range(count)]
    kind = rng.randrange(4)
    if kind == 0:
        command = ("HSET", key, *[word for i, e in enumerate(elements) for word in (i, e)])
    elif kind == 1:
        command = ("RPUSH", key, *elements)
    elif kind == 2:
        command = ("SADD", key, *elements)
    else:
        command = ("ZADD", key, *[word for i, e in enumerate(elements) for word in (i, e)])
    return [("DEL", key), command], sum(map(len, elements))


class Data:
    """What the keys hold, and the commands that change it."""

    def __init__(self, seed, most):
        self.rng = random.Random(seed)
        self.most = most
        self.keys = []
        self.sizes = {}
        self.total = 0
        self.made = 0

    def forget(self, key):
        self.total -= self.sizes.pop(key)

    def delete_any(self):
        at = self.rng.randrange(len(self.keys))
        key, self.keys[at] = self.keys[at], self.keys[-1]
        self.keys.pop()
        self.forget(key)
        return ("DEL", key)

    def pick(self):
        """A key that is there, or a new one as long as there is room."""
        if self.keys and (self.total >= self.most or self.rng.random() < 0.5):
            key = self.rng.choice(self.keys)
            self.forget(key)
            return key
        self.made += 1
        key = f"key:{self.made:012}"
        self.keys.append(key)
        return key

    def write(self, phase, payload):
        """Commands that write so many bytes of values."""
        while payload > 0:
            key = self.pick()
            commands, size = write_of(self.rng, key, phase)
            yield from commands
            self.sizes[key] = size
            self.total += size
            payload -= size
            while self.total > self.most:
                yield self.delete_any()


def report(what, target, client, pid):
    """Gives the ratio."""
    used, resident = client.info("used_memory") / MIB, cost.resident_mib(pid)
    print(f"{what:14} {target:14} {used:9.1f} {resident:9.1f} {resident / used:6.2f}", flush=True)
    return resident / used


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rest", type=float, default=2)
    parser.add_argument("--store", default="build/release/bin/slotway-store")
    options = parser.parse_args()

    worst = 0.0
    print(f"{'phase':14} {'target':14} {'used MiB':>9} {'resident':>9} {'ratio':>6}")
    with cost.Servers() as servers:
        port = cost.free_port()
        targets = {"slotway-store": servers.start([options.store, "--port", str(port)], port),
                   "redis-server": servers.redis()}
        clients = {name: cost.Client(port) for name, (port, _) in targets.items()}
        data = {name: Data(options.seed, options.mib * MIB) for name in targets}
        for phase in PHASES:
            for name, (_, pid) in targets.items():
                turns = max(options.turns, 1)
                clients[name].load(data[name].write(phase, turns * options.mib * MIB))
                time.sleep(options.rest)
                ratio = report(phase, name, clients[name], pid)
                if name == "slotway-store":
                    worst = max(worst, ratio)
        for name, (_, pid) in targets.items():
            clients[name].call("MEMORY", "PURGE")
            report("purged", name, clients[name], pid)
    if worst > BAR:
        sys.exit(f"slotway-store: {worst:.2f} is above {BAR}")


if __name__ == "__main__":
    main()
