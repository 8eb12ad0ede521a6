#!/usr/bin/env python3
"""Latency of sessions on healthy shards while another shard is slow or stopped, and what that costs in memory.

   tests/bench/slow_shard.py [--seconds 5] [--rounds 3] [--slow-clients 50] [--pipeline 100] [--slotway build/release/bin/slotway]

One slotway with one worker, two redis-servers and a third shard, b, which is in turns
   not asked   nobody asks it
   healthy     a redis-server
   500 ms      a server that reads all it is sent, answers each command 500 ms after it came, and PINGs at once
   one by one  the same, but it begins a command only when the one before is answered
   stopped     a redis-server after SIGSTOP
Clients in a process of their own ask b for GETs in pipelines without pause; time-outs are the default ones. Beside
them a client in another process asks the healthy shards, one GET at a time. Printed, as the median of the rounds: its
p50 and p99 in milliseconds, GETs a second; the replies and errors a second of b's clients, and the longest that one of
them waited for its next reply during the last second, in milliseconds (with the breaker open, errors are fast); and
the most memory that the proxy had resident, in MiB, beside that at its start. Needs: redis-server.
"""
import argparse
import asyncio
import multiprocessing
import os
import pathlib
import signal
import socket
import statistics
import time

import cost
from latency import connect, encode, receive

DELAY = 0.5
STATES = ("not asked", "healthy", "500 ms", "one by one", "stopped")
GET = encode("GET", "key{c}")  # slot 7365: shard b
OK = b"$1\r\nx\r\n"


class Slow(asyncio.Protocol):
    """A server that answers GETs late and everything else at once."""

    def __init__(self, one_by_one):
        self.one_by_one = one_by_one
        self.rest = b""
        self.free_at = 0.0  # when the last command so far will be answered

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        data = self.rest + data
        now = asyncio.get_running_loop().time()
        gets = data.count(GET)
        others = data.replace(GET, b"")
        ping = encode("PING")
        pings = others.count(ping)
        self.rest = others.replace(ping, b"")  # half a command
        if pings:
            self.transport.write(b"+PONG\r\n" * pings)
        if self.one_by_one:
            for _ in range(gets):
                self.free_at = max(self.free_at, now) + DELAY
                asyncio.get_running_loop().call_at(self.free_at, self.answer, 1)
        elif gets:
            asyncio.get_running_loop().call_later(DELAY, self.answer, gets)

    def answer(self, count):
        if not self.transport.is_closing():
            self.transport.write(OK * count)


def slow_server(port, one_by_one):
    async def serve():
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Slow(one_by_one), "127.0.0.1", port)
        await server.serve_forever()

    cost.die_with_parent()
    asyncio.run(serve())


def slow_clients(port, clients, pipeline, seconds, results):
    """Pipelines of GETs to b by so many connections; counts replies and errors."""
    async def client(stats):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            writer.write(GET * pipeline)
            before = time.perf_counter()
            for _ in range(pipeline):
                line = await reader.readline()
                if line[:1] == b"$":
                    await reader.readline()
                    stats["replies"] += 1
                else:
                    stats["errors"] += 1
                now = time.perf_counter()
                if end - 1 < now < end:
                    stats["longest"] = max(stats["longest"], now - before)
                before = now
        writer.close()

    async def all_of_them():
        stats = {"replies": 0, "errors": 0, "longest": 0.0}
        await asyncio.gather(*(client(stats) for _ in range(clients)))
        return stats

    results.put(asyncio.run(all_of_them()))


def quick_client(port, keys, seconds, results):
    sock = connect(port)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(4096)
    for key in keys:
        sock.sendall(encode("SET", key, b"x" * 64))
        receive(sock, 5, buffer)
    commands = [encode("GET", key) for key in keys]
    times = []
    end = time.perf_counter() + seconds
    while (begin := time.perf_counter()) < end:
        sock.sendall(commands[len(times) % len(commands)])
        receive(sock, 71, buffer)
        times.append(time.perf_counter() - begin)
    times.sort()
    results.put((times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3, len(times) / seconds))


def peak_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def start_b(servers, state):
    """Gives the port of the shard b and, of a redis-server, its pid."""
    if state not in ("500 ms", "one by one"):
        port, pid = servers.redis()
        sock = connect(port)
        sock.sendall(encode("SET", "key{c}", "x"))
        receive(sock, 5, bytearray(64))
        return port, pid
    port = cost.free_port()
    multiprocessing.Process(target=slow_server, args=(port, state == "one by one"), daemon=True).start()
    cost.wait_for(port)
    return port, None


def measure(options, state):
    with cost.Servers() as servers:
        healthy = [servers.redis()[0], servers.redis()[0]]
        b, b_pid = start_b(servers, state)
        listen, admin = cost.free_port(), cost.free_port()
        (servers.work / "slotway.yaml").write_text(
            f"admin: 127.0.0.1:{admin}\nworkers: 1\npools:\n  main:\n    listen: 127.0.0.1:{listen}\n"
            # One key is asked for all the time: the cache would answer it, and no shard.
            "    hot_keys: { cache: { mode: off } }\n    shards:\n"
            f"      a: {{ primary: 127.0.0.1:{healthy[0]}, slots: 0-5460 }}\n"
            f"      b: {{ primary: 127.0.0.1:{b}, slots: 5461-10922 }}\n"
            f"      c: {{ primary: 127.0.0.1:{healthy[1]}, slots: 10923-16383 }}\n")
        _, proxy = servers.start([options.slotway, "--config", str(servers.work / "slotway.yaml")], listen)
        time.sleep(0.5)
        at_start = cost.resident_mib(proxy)
        if state == "stopped":
            os.kill(b_pid, signal.SIGSTOP)
        slow_results, quick_results = multiprocessing.Queue(), multiprocessing.Queue()
        slow = multiprocessing.Process(
            target=slow_clients, args=(listen, 0 if state == "not asked" else options.slow_clients, options.pipeline, options.seconds + 0.5, slow_results))
        # {a} has slot 15495, {b} slot 3300.
        quick = multiprocessing.Process(
            target=quick_client, args=(listen, ["k{a}", "k{b}"], options.seconds, quick_results))
        slow.start()
        time.sleep(0.5)
        quick.start()
        p50, p99, rate = quick_results.get(timeout=options.seconds + 60)
        stats = slow_results.get(timeout=options.seconds + 60)
        slow.join()
        quick.join()
        peak = peak_mib(proxy)
        if state == "stopped":
            os.kill(b_pid, signal.SIGCONT)
        seconds = options.seconds + 0.5
        return (p50, p99, rate, stats["replies"] / seconds, stats["errors"] / seconds, stats["longest"] * 1e3,
                at_start, peak)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slow-clients", type=int, default=50)
    parser.add_argument("--pipeline", type=int, default=100)
    parser.add_argument("--slotway", default="build/release/bin/slotway")
    options = parser.parse_args()
    rows = {state: [] for state in STATES}
    for _ in range(options.rounds):
        for state in STATES:
            rows[state].append(measure(options, state))
    print(f"{'shard b':12} {'p50 ms':>8} {'p99 ms':>8} {'GETs/s':>8} | {'b ok/s':>8} {'errors/s':>9} {'wait ms':>8} |"
          f" {'start':>6} {'peak MiB':>8}")
    for state in STATES:
        p50, p99, rate, replies, errors, longest, start, peak = (statistics.median(c) for c in zip(*rows[state]))
        print(f"{state:12} {p50:8.3f} {p99:8.3f} {rate:8.0f} | {replies:8.0f} {errors:9.0f} {longest:8.1f} |"
              f" {start:6.1f} {peak:8.1f}", flush=True)


if __name__ == "__main__":
    main()
