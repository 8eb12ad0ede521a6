#!/usr/bin/env python3
"""Hit ratio of the eviction policies, slotway-store beside redis-server, in one run.

A trace of reads with Zipf popularity over a million keys goes to both, each with a maxmemory that
holds about a tenth of the keys; a read that misses is followed by a SET, as a cache is used. The
same trace for both, and an exact LRU of the same number of entries beside them.

Usage: eviction.py [--store PATH] [--keys 1000000] [--reads 3000000] [--policies allkeys-lru,allkeys-lfu]

Needs (Debian): redis-server.
"""
import argparse
import bisect
import collections
import itertools
import random
import time

import cost


def zipf_trace(keys, reads, seed):
    """Ranks by inverse transform, spread over the key numbers."""
    sums = list(itertools.accumulate(1 / (rank + 1) ** 0.99 for rank in range(keys)))
    rand = random.Random(seed)
    total = sums[-1]
    return [bisect.bisect_left(sums, rand.random() * total) for _ in range(reads)]


VALUE = b"x" * 64


def key_of(rank):
    return b"user:%012d" % rank


def fill(client, wanted):
    """The maxmemory with which `wanted` keys just fit."""
    before = client.info("used_memory")
    client.load(("SET", b"fill:%012d" % i, VALUE) for i in range(wanted))
    after = client.info("used_memory")
    client.call("FLUSHALL")
    return before + (after - before)


def replay(client, trace, batch):
    """Reads `batch` keys at once, then sets those that were missing; the hits of the second half."""
    hits = counted = 0
    for begin in range(0, len(trace), batch):
        keys = [key_of(rank) for rank in trace[begin:begin + batch]]
        client.socket.sendall(b"".join(cost.encode((b"GET", key)) for key in keys))
        missing = [key for key in keys if client.reply() is None]
        client.socket.sendall(b"".join(cost.encode((b"SET", key, VALUE)) for key in missing))
        for _ in missing:
            client.reply()
        if begin >= len(trace) // 2:
            hits += len(keys) - len(missing)
            counted += len(keys)
    return hits / counted


def exact_lru(trace, capacity):
    cache = collections.OrderedDict()
    hits = counted = 0
    for i, rank in enumerate(trace):
        hit = rank in cache
        if hit:
            cache.move_to_end(rank)
        else:
            cache[rank] = True
            if len(cache) > capacity:
                cache.popitem(last=False)
        if i >= len(trace) // 2:
            hits += hit
            counted += 1
    return hits / counted


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store", default="build/release/bin/slotway-store")
    parser.add_argument("--keys", type=int, default=1000000)
    parser.add_argument("--reads", type=int, default=3000000)
    parser.add_argument("--policies", default="allkeys-lru,allkeys-lfu,allkeys-random")
    parser.add_argument("--batch", type=int, default=50)
    a = parser.parse_args()
    trace = zipf_trace(a.keys, a.reads, 1)
    print(f"{'policy':16} {'server':14} {'hit ratio':>10} {'keys':>9} {'seconds':>8}")
    for policy in a.policies.split(","):
        with cost.Servers() as servers:
            port = cost.free_port()
            targets = {"redis-server": servers.redis()[0],
                       "slotway-store": servers.start([a.store, "--port", str(port)], port)[0]}
            for name, port in targets.items():
                client = cost.Client(port)
                client.call("CONFIG", "SET", "maxmemory-policy", policy)
                client.call("CONFIG", "SET", "maxmemory", fill(client, a.keys // 10))
                begin = time.time()
                ratio = replay(client, trace, a.batch)
                keys = int(client.call("DBSIZE"))
                print(f"{policy:16} {name:14} {ratio:10.4f} {keys:9} {time.time() - begin:8.1f}",
                      flush=True)
    print(f"{'exact LRU':31} {exact_lru(trace, a.keys // 10):10.4f} {a.keys // 10:9}")


if __name__ == "__main__":
    main()
