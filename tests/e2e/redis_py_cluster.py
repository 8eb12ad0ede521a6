"""Work of an application with redis-py in cluster mode, through the proxy at the port given."""

import sys

import redis.cluster

port = int(sys.argv[1])
client = redis.cluster.RedisCluster(host="127.0.0.1", port=port, decode_responses=True)

nodes = client.get_nodes()
assert len(nodes) == 1 and nodes[0].host == "127.0.0.1" and nodes[0].port == port, nodes
assert client.ping()
for i in range(200):
    assert client.set(f"user:{i}", i)
assert [client.get(f"user:{i}") for i in range(200)] == [str(i) for i in range(200)]
assert client.incr("counter") == 1
assert client.exists("user:1", "user:2", "user:x") == 2
assert client.dbsize() == 201
assert sorted(client.scan_iter("user:1*")) == sorted(
    f"user:{i}" for i in range(200) if str(i).startswith("1"))
assert client.mget_nonatomic(["user:1", "user:2"]) == ["1", "2"]

with client.pipeline() as pipe:
    for i in range(100):
        pipe.set(f"item:{i}", i)
        pipe.get(f"item:{i}")
    replies = pipe.execute()
assert replies[0::2] == [True] * 100
assert replies[1::2] == [str(i) for i in range(100)]

reader = redis.cluster.RedisCluster(
    host="127.0.0.1", port=port, decode_responses=True, read_from_replicas=True)
assert reader.get("item:7") == "7"
assert client.flushall()
print("done")
