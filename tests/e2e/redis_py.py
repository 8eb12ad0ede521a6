"""Work of an application with redis-py, through the proxy at the port given."""

import sys
import time

import redis

client = redis.Redis(port=int(sys.argv[1]), decode_responses=True, client_name="shop")
raw = redis.Redis(port=int(sys.argv[1]))

assert client.ping()
assert client.client_getname() == "shop"
assert client.set("user:1", "ann")
assert client.get("user:1") == "ann"
assert client.get("user:2") is None
assert client.set("user:1", "eve", nx=True) is None
assert client.mset({f"item:{i}": i for i in range(500)})
assert client.mget([f"item:{i}" for i in range(500)]) == [str(i) for i in range(500)]
assert client.exists("item:1", "item:2", "item:x") == 2
assert client.delete("item:1", "item:2", "item:x") == 2
assert client.dbsize() == 499

binary = bytes(range(256)) * 40
assert raw.set("binary", binary) and raw.get("binary") == binary

with client.pipeline(transaction=False) as pipe:
    for i in range(1000):
        pipe.incr(f"counter:{i % 10}")
        pipe.append("log", "x")
        pipe.exists("user:1", "log")
    replies = pipe.execute()
assert replies[0::3] == [i // 10 + 1 for i in range(1000)]
assert replies[1::3] == list(range(1, 1001))
assert replies[2::3] == [2] * 1000

with client.pipeline(transaction=False) as pipe:
    pipe.incr("user:1")
    pipe.get("user:1")
    failed, value = pipe.execute(raise_on_error=False)
assert isinstance(failed, redis.ResponseError) and value == "ann"

assert client.expire("user:1", 100) and 90 < client.ttl("user:1") <= 100
assert client.persist("user:1") and client.ttl("user:1") == -1
assert client.set("short", "x", px=20)
time.sleep(0.05)
assert client.get("short") is None

assert set(client.scan_iter("item:*", count=50)) == {
    f"item:{i}" for i in range(500) if i not in (1, 2)}
assert sorted(client.keys("counter:*")) == sorted(f"counter:{i}" for i in range(10))
assert client.randomkey() is not None
assert client.type("log") == "string"
assert "redis_version" in client.info()

try:
    client.execute_command("SYNC")
    raise AssertionError("SYNC is not refused")
except redis.ResponseError as error:
    assert "not supported" in str(error)

assert client.flushall() and client.dbsize() == 0
print("done")
