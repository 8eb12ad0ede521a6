"""A client that asks for one small value at a time and notes how long each answer takes."""
import socket
import time


def encode(*args):
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        arg = arg if isinstance(arg, bytes) else str(arg).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(arg), arg))
    return b"".join(parts)


def connect(port):
    return socket.create_connection(("127.0.0.1", port), 60)


def receive(sock, size, buffer):
    got = 0
    while got < size:
        n = sock.recv_into(buffer)
        if n == 0:
            raise EOFError("the server closed")
        got += n
    return got


def small_client(port, key, seconds, results):
    sock = connect(port)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(4096)
    sock.sendall(encode("SET", key, b"x" * 64))
    receive(sock, 5, buffer)
    get = encode("GET", key)
    times = []
    end = time.perf_counter() + seconds
    while True:
        begin = time.perf_counter()
        if begin > end:
            break
        sock.sendall(get)
        receive(sock, 71, buffer)
        times.append(time.perf_counter() - begin)
    times.sort()
    results.put((times[len(times) // 2] * 1e3, times[int(len(times) * 0.99)] * 1e3, len(times)))
