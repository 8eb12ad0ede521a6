"""Work of an application with redis-py, through the proxy at the port given: what needs a
connection of its own, and a restart of the proxy. Simple commands are in e2e/redis_py.py."""

import sys
import threading
import time

import redis

PORT = int(sys.argv[1])
client = redis.Redis(port=PORT, decode_responses=True)
client.flushall()

# ---- transactions

with client.pipeline() as pipe:
    assert pipe.set("{t}a", 1).incr("{t}a").get("{t}a").execute() == [True, 2, "2"]

with client.pipeline() as pipe:
    pipe.watch("{t}a")
    value = int(pipe.get("{t}a"))
    client.set("{t}a", 10)
    pipe.multi()
    pipe.set("{t}a", value + 1)
    try:
        pipe.execute()
        raise AssertionError("EXEC in spite of a change")
    except redis.WatchError:
        pass


def transfer(pipe):
    value = int(pipe.get("{t}a"))
    pipe.multi()
    pipe.set("{t}a", value + 1)


threads = [threading.Thread(target=lambda: [client.transaction(transfer, "{t}a") for _ in range(20)])
           for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert client.get("{t}a") == "90", client.get("{t}a")

with client.lock("lock", timeout=10):
    assert not client.lock("lock", blocking=False).acquire()

# ---- blocking

popped = []
waiting = threading.Thread(target=lambda: popped.append(client.blpop(["{t}x", "{t}y"], timeout=0)))
waiting.start()
client.rpush("{t}y", "v")
waiting.join()
assert popped == [("{t}y", "v")]
assert client.bzpopmin("{t}z", timeout=0.01) is None

client.xgroup_create("stream", "group", mkstream=True)
client.xadd("stream", {"f": "v"}, id="1-1")
assert client.xreadgroup("group", "me", {"stream": ">"}, block=0) == [
    ["stream", [("1-1", {"f": "v"})]]]

# ---- scripts

script = client.register_script("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])}")
assert [script(keys=["n"], args=["x"])[2] for _ in range(3)] == [1, 2, 3]
client.script_flush()
assert script(keys=["n"], args=["x"]) == ["n", "x", 4]

# ---- pub/sub

listening = client.pubsub(ignore_subscribe_messages=True)
listening.subscribe("news")
listening.psubscribe("ne*")


def heard(source, count, limit=30):
    messages = []
    end = time.monotonic() + limit
    while len(messages) < count and time.monotonic() < end:
        message = source.get_message(timeout=0.1)
        if message:
            messages.append((message["type"], message["channel"], message["data"]))
    return sorted(messages)


listening.get_message(timeout=0.1)
listening.get_message(timeout=0.1)
client.publish("news", "a")
assert heard(listening, 2) == [("message", "news", "a"), ("pmessage", "news", "a")]
listening.close()

# ---- a restart


def again(attempt):
    end = time.monotonic() + 30
    while True:
        try:
            return attempt()
        except redis.ConnectionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


client.set("kept", "yes")
before = client.info("server")["process_id"]
print("restart", flush=True)
end = time.monotonic() + 30
while again(lambda: client.info("server")["process_id"]) == before:
    assert time.monotonic() < end, "the proxy was not restarted"
    time.sleep(0.05)
assert client.get("kept") == "yes"
assert script(keys=["n"], args=["x"])[2] == 5

print("done")
