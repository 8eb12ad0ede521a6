#!/usr/bin/env python3
"""CPU of one message and one subscriber: redis-server, and a slotway in front of it.

   tests/bench/pubsub_cost.py [--subscribers 10000] [--messages 40] [--size 64] [--rounds 3] [--slotway build/release/bin/slotway]

All subscribers listen to one channel, in a process of their own that reads all they get; a message is published when
the one before has reached everybody. Slotway has one worker. Printed: microseconds of CPU of the redis-server asked
directly and of the slotway, for each message and subscriber (median of the rounds, which take turns), and their ratio.
Needs: redis-server, and as many open files.
"""
import argparse
import multiprocessing
import resource
import select
import statistics

import cost
from latency import connect, encode, receive

CHANNEL = "channel"


def listen(port, count, size, messages, pipe):
    """Subscribes `count` times, then reads `messages` of `size` bytes on each, one after the other."""
    socks = {}
    poll = select.epoll()
    reply = len(encode("subscribe", CHANNEL)) + len(b":1\r\n")
    buffer = bytearray(1 << 16)
    for _ in range(count):
        sock = connect(port)
        sock.sendall(encode("SUBSCRIBE", CHANNEL))
        receive(sock, reply, buffer)
        sock.setblocking(False)
        socks[sock.fileno()] = sock
        poll.register(sock, select.EPOLLIN)
    pipe.send("ready")
    for _ in range(messages):
        left = count * size
        while left > 0:
            for fd, _ in poll.poll():
                left -= socks[fd].recv_into(buffer)
        pipe.send("read")
    pipe.recv()


def measure(port, pid, count, payload, messages):
    ours, theirs = multiprocessing.Pipe()
    size = len(encode("message", CHANNEL, payload))
    process = multiprocessing.Process(target=listen, args=(port, count, size, messages, theirs), daemon=True)
    process.start()
    ours.recv()
    publisher = connect(port)
    buffer = bytearray(1024)
    before = cost.cpu_seconds(pid)
    for _ in range(messages):
        publisher.sendall(encode("PUBLISH", CHANNEL, payload))
        reply = b":%d\r\n" % count
        receive(publisher, len(reply), buffer)
        if buffer[:len(reply)] != reply:
            raise SystemExit(f"PUBLISH was answered {bytes(buffer[:60])!r} instead of {count}")
        ours.recv()
    used = cost.cpu_seconds(pid) - before
    ours.send("end")
    process.join()
    return used / count / messages * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscribers", type=int, default=10000)
    parser.add_argument("--messages", type=int, default=40)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slotway", default="build/release/bin/slotway")
    args = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with cost.Servers() as servers:
        direct = servers.redis()
        shard = servers.redis()
        port, admin = cost.free_port(), cost.free_port()
        config = servers.work / "slotway.yaml"
        config.write_text(f"admin: 127.0.0.1:{admin}\nworkers: 1\npools:\n  main:\n    listen: 127.0.0.1:{port}\n"
                          f"    shards:\n      a: {{ primary: 127.0.0.1:{shard[0]}, slots: 0-16383 }}\n"
                          f"    limits: {{ clients: {args.subscribers + 100} }}\n")
        proxy = servers.start([args.slotway, "--config", str(config)], port)
        for one, _ in (direct, shard):
            with connect(one) as sock:
                sock.sendall(encode("CONFIG", "SET", "maxclients", args.subscribers + 100))
                receive(sock, 5, bytearray(100))
        figures = {"redis-server": [], "slotway": []}
        payload = b"x" * args.size
        for _ in range(args.rounds):
            for name, (target, pid) in (("redis-server", direct), ("slotway", proxy)):
                figures[name].append(measure(target, pid, args.subscribers, payload, args.messages))
        medians = {name: statistics.median(values) for name, values in figures.items()}
        for name, value in medians.items():
            print(f"{name:14} {value:6.2f} us a message and subscriber, ratio {value / medians['redis-server']:.2f}")


if __name__ == "__main__":
    main()
