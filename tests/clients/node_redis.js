// Work of an application with node-redis, through the proxy at the port given, in RESP2 and RESP3.
'use strict';
const assert = require('node:assert/strict');
const { createClient, createCluster } = require('redis');
const { again, overRestart, run } = require('./over_restart.js');

const port = Number(process.argv[2]);
const socket = { host: '127.0.0.1', port, reconnectStrategy: 50 };

async function connect(options = {}) {
  const client = createClient({ socket, ...options });
  client.on('error', () => {});  // while the proxy is away
  await client.connect();
  return client;
}

async function types(client, resp) {
  await client.hSet('h', { a: '1', b: '2' });
  assert.deepEqual({ ...(await client.hGetAll('h')) }, { a: '1', b: '2' });
  await client.zAdd('z', [{ value: 'one', score: 1 }, { value: 'half', score: 0.5 }]);
  assert.deepEqual(await client.zRangeWithScores('z', 0, -1),
    [{ value: 'half', score: 0.5 }, { value: 'one', score: 1 }]);
  assert.equal(await client.zScore('z', 'half'), 0.5);
  await client.sAdd('s', ['x', 'y']);
  assert.deepEqual([...(await client.sMembers('s'))].sort(), ['x', 'y']);
  assert.equal(await client.get('missing'), null);
  const hello = await client.sendCommand(['HELLO']);
  const proto = Array.isArray(hello) ? hello[hello.indexOf('proto') + 1] : hello.proto;
  assert.equal(Number(proto), resp);
}

async function pipelines(client) {
  const replies = await Promise.all(Array.from({ length: 1000 }, (_, i) => client.incr(`n:${i % 10}`)));
  assert.deepEqual(replies, Array.from({ length: 1000 }, (_, i) => Math.floor(i / 10) + 1));
  await assert.rejects(client.lPush('h', 'x'), /WRONGTYPE/);
  assert.deepEqual(await client.mGet(['n:0', 'none', 'n:9']), ['100', null, '100']);
}

async function transactions(client) {
  assert.deepEqual(await client.multi().set('{t}a', '1').incr('{t}a').get('{t}a').exec(), ['OK', 2, '2']);
  const other = await connect();
  await client.watch('{t}a');
  await other.set('{t}a', '10');
  await assert.rejects(client.multi().incr('{t}a').exec(), /watched keys has been changed/);
  await client.watch('{t}a');
  assert.deepEqual(await client.multi().incr('{t}a').exec(), [11]);
  await other.close();
}

// The library's own cache of what it has read, which the shards tell what is old.
async function caching() {
  const { BasicClientSideCache } = require('redis');
  const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: 'LRU' });
  const client = await connect({ RESP: 3, clientSideCache: cache });
  const other = await connect();
  const keys = Array.from({ length: 20 }, (_, i) => `cached:${i}`);
  for (const key of keys) await other.set(key, 'old');
  for (let round = 0; round < 3; round++) {
    for (const key of keys) assert.equal(await client.get(key), 'old');
  }
  assert.equal(cache.stats().missCount, keys.length);
  assert.equal(cache.stats().hitCount, 2 * keys.length);
  for (const key of keys) {
    await other.set(key, 'new');
    await again(async () => assert.equal(await client.get(key), 'new'));
  }
  await client.close();
  await other.close();
}

async function blocking(client) {
  const waiting = await connect();
  const popped = waiting.blPop('{t}list', 0);
  await client.rPush('{t}list', 'v');
  assert.deepEqual({ ...(await popped) }, { key: '{t}list', element: 'v' });
  assert.equal(await waiting.blPop('{t}list', 0.01), null);
  const read = waiting.xRead({ key: 'stream', id: '0' }, { BLOCK: 0 });
  await client.xAdd('stream', '1-1', { f: 'v' });
  assert.equal(JSON.stringify(await read).includes('1-1'), true);
  await waiting.close();
}

async function scripts(client) {
  const script = 'return {KEYS[1], ARGV[1], redis.call("INCR", KEYS[1])}';
  assert.deepEqual(await client.eval(script, { keys: ['count'], arguments: ['x'] }), ['count', 'x', 1]);
  const digest = await client.scriptLoad(script);
  assert.deepEqual(await client.evalSha(digest, { keys: ['count'], arguments: ['y'] }), ['count', 'y', 2]);
}

async function pubsub(client) {
  const listening = await connect();
  const heard = [];
  let done;
  const all = new Promise((resolve) => { done = resolve; });
  const hear = (message, channel) => { heard.push(`${channel}=${message}`); if (heard.length === 4) done(); };
  await listening.subscribe(['news', 'sport'], hear);
  await listening.pSubscribe('ne*', hear);
  await listening.sSubscribe('sharded', hear);
  assert.equal(await client.publish('news', 'a') >= 1, true);
  await client.publish('sport', 'b');
  await client.sPublish('sharded', 'c');
  await all;
  assert.deepEqual(heard.sort(), ['news=a', 'news=a', 'sharded=c', 'sport=b']);
  await listening.unsubscribe(['news', 'sport']);
  await listening.pUnsubscribe('ne*');
  await listening.sUnsubscribe('sharded');
  await listening.close();
}

async function cluster() {
  const client = createCluster({ rootNodes: [{ socket: { host: '127.0.0.1', port } }] });
  client.on('error', () => {});
  await client.connect();
  for (let i = 0; i < 100; ++i) await client.set(`c:${i}`, String(i));
  for (let i = 0; i < 100; ++i) assert.equal(await client.get(`c:${i}`), String(i));
  assert.deepEqual(await client.multi().set('{c}a', '1').get('{c}a').exec(), ['OK', '1']);
  await client.close();
}

async function main() {
  for (const RESP of [2, 3]) {
    const client = await connect({ RESP });
    await client.flushAll();
    await types(client, RESP);
    await pipelines(client);
    await transactions(client);
    await blocking(client);
    await scripts(client);
    await pubsub(client);
    await client.close();
  }
  await cluster();
  await caching();
  await restart();
}

async function restart() {
  const client = await connect({ RESP: 3 });
  const listening = await connect();
  const heard = [];
  await listening.subscribe('after', (message) => heard.push(message));
  await overRestart(client, heard);
  await client.close();
  await listening.close();
}

run(main);
