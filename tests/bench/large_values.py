#!/usr/bin/env python3
"""Latency of small GETs while another client sends and fetches a large value, through the proxy and directly.

   tests/bench/large_values.py [--seconds 4] [--rounds 3] [--size-mib 100] [--slotway build/release/bin/slotway]

Two redis-servers, one slotway with one worker. A client in a process of its own asks for small values, one at a
time; another one, in a second process, sets and gets a value of 100 MiB over and over. Printed, as the median of the
rounds: the p50 and p99 of the small GETs in milliseconds, alone and beside the large traffic, on the shard of
the large value and on the other one, through the proxy and on a direct connection; and the ratios of p99 beside
to p99 alone. On the other shard that ratio is to be at most 5 through the proxy, on the same shard at most
1.5 times the direct one: with --strict anything else ends with 1. Needs: redis-server.
"""
import argparse
import multiprocessing
import statistics
import time

import cost
from latency import connect, encode, receive, small_client


def large_client(port, key, size, stop, count):
    sock = connect(port)
    command = encode("SET", key, b"v" * size)
    buffer = bytearray(1 << 20)
    while not stop.is_set():
        sock.sendall(command)
        receive(sock, 5, buffer)
        sock.sendall(encode("GET", key))
        receive(sock, size + len(b"$%d\r\n\r\n" % size), buffer)
        count.value += 1


def measure(small_port, key, large_port, size, seconds):
    stop, count, results = multiprocessing.Event(), multiprocessing.Value("i", 0), multiprocessing.Queue()
    large = None
    if large_port:
        large = multiprocessing.Process(target=large_client, args=(large_port, "large{a}", size, stop, count))
        large.start()
        time.sleep(0.5)
    small = multiprocessing.Process(target=small_client, args=(small_port, key, seconds, results))
    small.start()
    found = results.get(timeout=seconds + 60)
    small.join()
    if large:
        stop.set()
        large.join()
    return (*found, count.value)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--size-mib", type=int, default=100)
    parser.add_argument("--slotway", default="build/release/bin/slotway")
    options = parser.parse_args()
    with cost.Servers() as servers:
        ports = [servers.redis()[0], servers.redis()[0]]
        listen, admin = cost.free_port(), cost.free_port()
        # {a} has slot 15495, {b} slot 3300.
        (servers.work / "slotway.yaml").write_text(
            f"admin: 127.0.0.1:{admin}\nworkers: 1\npools:\n  main:\n    listen: 127.0.0.1:{listen}\n"
            # One key is asked for all the time: the cache would answer it, and no shard.
            "    hot_keys: { cache: { mode: off } }\n"
            "    timeouts: { request: 30s }\n    shards:\n"
            f"      other: {{ primary: 127.0.0.1:{ports[1]}, slots: 0-8191 }}\n"
            f"      same: {{ primary: 127.0.0.1:{ports[0]}, slots: 8192-16383 }}\n")
        servers.start([options.slotway, "--config", str(servers.work / "slotway.yaml")], listen)
        size = options.size_mib << 20
        cases = [("proxy, same shard", listen, "small{a}", listen), ("proxy, other shard", listen, "small{b}", listen),
                 ("direct, same shard", ports[0], "small{a}", ports[0]),
                 ("direct, other shard", ports[1], "small{b}", ports[0])]
        print(f"{'small GETs':22} {'alone p50':>10} {'p99':>8} {'beside p50':>11} {'p99':>8} {'p99 ratio':>10} {'large/s':>8}")
        rise = {}
        for name, port, key, large_port in cases:
            alone, beside = [], []
            for _ in range(options.rounds):
                alone.append(measure(port, key, None, size, options.seconds))
                beside.append(measure(port, key, large_port, size, options.seconds))
            a50, a99, b50, b99 = (statistics.median(x) for x in (
                [r[0] for r in alone], [r[1] for r in alone], [r[0] for r in beside], [r[1] for r in beside]))
            rise[name] = b99 / a99
            rate = statistics.median(r[3] for r in beside) / options.seconds
            print(f"{name:22} {a50:10.3f} {a99:8.3f} {b50:11.3f} {b99:8.3f} {b99 / a99:10.1f} {rate:8.1f}", flush=True)
        other, same = rise["proxy, other shard"], rise["proxy, same shard"] / rise["direct, same shard"]
        print(f"p99 on the other shard {other:.1f} times (at most 5); rise on the same {same:.2f} of the direct one"
              " (at most 1.5)")
        if options.strict and (other > 5 or same > 1.5):
            raise SystemExit(1)


if __name__ == "__main__":
    main()
