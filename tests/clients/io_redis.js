// Work of an application with ioredis, through the proxy at the port given.
'use strict';
const assert = require('node:assert/strict');
const Redis = require('ioredis');
const { overRestart, run } = require('./over_restart.js');

const port = Number(process.argv[2]);

function connect(options = {}) {
  const client = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 50, ...options });
  client.on('error', () => {});  // while the proxy is away
  return client;
}

async function pipelines(client) {
  const pipeline = client.pipeline();
  for (let i = 0; i < 1000; ++i) pipeline.incr(`n:${i % 10}`);
  pipeline.lpush('n:1', 'x');
  const replies = await pipeline.exec();
  assert.deepEqual(replies.slice(0, 1000).map(([error, value]) => error || value),
    Array.from({ length: 1000 }, (_, i) => Math.floor(i / 10) + 1));
  assert.match(replies[1000][0].message, /WRONGTYPE/);
  assert.deepEqual(await client.mget('n:0', 'none', 'n:9'), ['100', null, '100']);
}

async function transactions(client) {
  const one = await client.multi().set('{t}a', '1').incr('{t}a').get('{t}a').exec();
  assert.deepEqual(one, [[null, 'OK'], [null, 2], [null, '2']]);
  // Each command waits for its answer.
  await client.multi({ pipeline: false });
  assert.equal(await client.incr('{t}a'), 'QUEUED');
  assert.equal(await client.get('{t}a'), 'QUEUED');
  assert.deepEqual((await client.exec()).map((each) => (Array.isArray(each) ? each[1] : each)), [3, '3']);
  const other = connect();
  await client.watch('{t}a');
  await other.set('{t}a', '10');
  assert.equal(await client.multi().incr('{t}a').exec(), null);
  await client.watch('{t}a');
  assert.deepEqual(await client.multi().incr('{t}a').exec(), [[null, 11]]);
  await other.quit();
}

async function blocking(client) {
  const waiting = connect();
  const popped = waiting.blpop('{t}list', '{t}other', 0);
  await client.rpush('{t}other', 'v');
  assert.deepEqual(await popped, ['{t}other', 'v']);
  assert.equal(await waiting.blpop('{t}list', 0.01), null);
  const moved = waiting.blmove('{t}list', '{t}to', 'LEFT', 'RIGHT', 0);
  await client.rpush('{t}list', 'w');
  assert.equal(await moved, 'w');
  assert.deepEqual(await client.lrange('{t}to', 0, -1), ['w']);
  await waiting.quit();
}

async function scripts(client) {
  // EVALSHA first, EVAL behind NOSCRIPT.
  client.defineCommand('count', {
    numberOfKeys: 1,
    lua: 'return {KEYS[1], ARGV[1], redis.call("INCR", KEYS[1])}',
  });
  for (let i = 1; i < 4; ++i) assert.deepEqual(await client.count('counted', 'x'), ['counted', 'x', i]);
  assert.equal(await client.eval('return redis.call("GET", KEYS[1])', 1, 'counted'), '3');
}

async function pubsub(client) {
  const listening = connect();
  const heard = [];
  let done;
  const all = new Promise((resolve) => { done = resolve; });
  const hear = (...words) => { heard.push(words.join(' ')); if (heard.length === 3) done(); };
  listening.on('message', hear);
  listening.on('pmessage', hear);
  await listening.subscribe('news', 'sport');
  await listening.psubscribe('ne*');
  await client.publish('news', 'a');
  await client.publish('sport', 'b');
  await all;
  assert.deepEqual(heard.sort(), ['ne* news a', 'news a', 'sport b']);
  await listening.unsubscribe('news', 'sport');
  await listening.punsubscribe('ne*');
  await listening.quit();
}

async function cluster() {
  const client = new Redis.Cluster([{ host: '127.0.0.1', port }]);
  for (let i = 0; i < 100; ++i) await client.set(`c:${i}`, String(i));
  for (let i = 0; i < 100; ++i) assert.equal(await client.get(`c:${i}`), String(i));
  assert.deepEqual(await client.multi().set('{c}a', '1').get('{c}a').exec(), [[null, 'OK'], [null, '1']]);
  await client.quit();
}

async function restart(client) {
  const listening = connect();
  const heard = [];
  listening.on('message', (channel, message) => heard.push(message));
  await listening.subscribe('after');
  await overRestart(client, heard);
  await listening.quit();
}

async function main() {
  const client = connect();
  await client.flushall();
  await pipelines(client);
  await transactions(client);
  await blocking(client);
  await scripts(client);
  await pubsub(client);
  await cluster();
  await restart(client);
  await client.quit();
}

run(main);
