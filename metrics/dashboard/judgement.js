// What stands out in the server's answers: plain functions, each from one answer to conditions
// {id, level, words, since}. `level`: "bad", "warn" or "note"; `words`: strings, and {name} for
// what the server calls something; `since`: {atMs, isExact} or nothing.
import { kWaitsForReader } from './clients.js';
import * as format from './format.js';
import { isHot } from './hot_keys.js';
import { kSlowEntries, longestStage } from './slow_log.js';

const kKeysNamed = 5;
const kSkew = 1.5;  // busiest shard to mean
const kSkewRate = 100;  // requests/s of the pool: below, skew means nothing
const kRise = 3;  // p99 now to what it is usually
const kLeastP99Us = 1000;
const kGapMs = 5000;  // seconds without errors that do not end a run of them
const kSlowGapMs = 60e3;
const kYoungMs = 600e3;

export function ofShards(pool, sinceOf) {
  const conditions = pool.shards.filter((shard) => shard.state !== 'up').map((shard) => ({
    id: `shard ${shard.name} ${shard.state}`,
    level: shard.state === 'down' ? 'bad' : 'warn',
    words: ['Shard ', { name: shard.name }, ' (', { name: shard.address },
      `) is ${format.visible(shard.state)}: ${shard.answering_workers} of ${shard.workers} ` +
      `workers reach it, ${format.count(shard.slots)} slots`],
    since: sinceOf(shard),
  }));
  const all = pool.shards.reduce((sum, shard) => sum + (shard.requests_per_second ?? 0), 0);
  if (pool.shards.length > 1 && all >= kSkewRate && pool.request_skew >= kSkew) {
    const busiest = most(pool.shards, (shard) => shard.requests_per_second);
    conditions.push({
      id: 'skew', level: 'warn',
      words: ['Shard ', { name: busiest.name },
        ` gets ${pool.request_skew.toFixed(1)} times the mean of the requests`],
    });
  }
  return conditions;
}

// `shards` may be absent. `memory` starts empty and keeps what is usual.
export function ofHistory(samples, shards, memory) {
  return [errors(samples, shards), latency(samples, shards, memory)].filter(Boolean);
}

function errors(samples, shards) {
  const last = samples.length - 1;
  if (last < 0) return null;
  let first = -1;
  let latest = samples[last].unix_ms;
  for (let i = last; i >= 0 && latest - samples[i].unix_ms <= kGapMs; --i) {
    if (samples[i].errors > 0) {
      latest = samples[i].unix_ms;
      first = i;
    }
  }
  if (first < 0) return null;
  const recent = samples.slice(-5);
  const rate = recent.reduce((sum, sample) => sum + sample.errors, 0) / recent.length;
  const from = (shards?.shards ?? []).filter((shard) => shard.errors_per_second > 0);
  return {
    id: 'errors', level: 'bad',
    words: [`${format.short(Math.round(rate * 10) / 10)} errors/s`, ...namesOf(from, ', from shard ')],
    since: { atMs: samples[first].unix_ms, isExact: first > 0 },
  };
}

function latency(samples, shards, memory) {
  const known = samples.filter((sample) => sample.p99_us > 0);
  if (known.length < 30) return null;
  // The lower quartile, and only while it has not risen: what lasts for long is not usual for that.
  const usual = memory.usualP99Us ?? quantile(known.map((sample) => sample.p99_us), 0.25);
  const now = quantile(known.slice(-5).map((sample) => sample.p99_us), 0.5);
  memory.usualP99Us = usual;
  if (now < kLeastP99Us || now < kRise * usual) {
    delete memory.usualP99Us;
    return null;
  }
  let first = known.length - 5;
  while (first > 0 && known[first - 1].p99_us > kRise * 0.67 * usual) --first;
  const slowest = most(shards?.shards ?? [], (shard) => shard.p99_us ?? 0);
  return {
    id: 'latency', level: 'warn',
    words: [`p99 is ${format.micros(now)}, usually ${format.micros(usual)}`,
      ...(slowest?.p99_us >= kRise * usual ? ['; slowest: shard ', { name: slowest.name },
        `, ${format.micros(slowest.p99_us)}`] : [])],
    since: { atMs: known[first].unix_ms, isExact: first > 0 },
  };
}

export function ofHotKeys(pool, sinceOf) {
  const hot = pool.keys.filter(isHot);
  const conditions = hot.slice(0, kKeysNamed).map((key) => ({
    id: `key ${key.encoding} ${key.key}`,
    level: key.share >= 0.1 && !key.cached ? 'warn' : 'note',
    words: ['Key ', { name: format.keyText(key), isVisible: true },
      ` is hot: ${format.short(key.requests_per_second)}/s, ${format.percent(key.share)} of the ` +
      'requests', ...(key.shard ? [', shard ', { name: key.shard }] : []),
      key.cached ? ', answered from the cache' : ', not cached'],
    since: sinceOf(key),
  }));
  if (hot.length > kKeysNamed) {
    conditions.push({
      id: 'more keys', level: 'note', words: [`${hot.length - kKeysNamed} more keys are hot`],
    });
  }
  return conditions;
}

export function ofSlowLog(log, nowMs) {
  const minute = log.entries.filter((entry) => nowMs - entry.unix_ms < 60e3);
  if (!minute.length) return [];
  const stage = commonest(minute.map(longestStage));
  const there = minute.filter((entry) => longestStage(entry) === stage);
  const shard = commonest(there.map((entry) => entry.shard).filter(Boolean));
  const client = commonest(minute.map((entry) => entry.client_name || entry.client));
  let first = 0;
  while (first + 1 < log.entries.length &&
    log.entries[first].unix_ms - log.entries[first + 1].unix_ms < kSlowGapMs) ++first;
  return [{
    id: 'slow', level: 'warn',
    words: [minute.length >= kSlowEntries ? 'At least ' : '',
      `${minute.length} slow request${minute.length === 1 ? '' : 's'} in the last minute, ` +
      `mostly in stage ${format.visible(stage)}`, ...(shard ? [', shard ', { name: shard }] : []),
      ', client ', { name: client }],
    since: { atMs: log.entries[first].unix_ms, isExact: first + 1 < log.entries.length },
  }];
}

export function ofClients(list) {
  return list.clients.filter((client) => client.output_bytes >= kWaitsForReader).slice(0, 3)
    .map((client) => ({
      id: `client ${client.id}`, level: 'warn',
      words: ['Client ', { name: client.address }, ...(client.name ? [' ', { name: client.name }] : []),
        ` does not read: ${format.bytes(client.output_bytes)} wait for it`],
    }));
}

export function ofVersion(version, nowMs) {
  if (nowMs - version.started_unix_ms > kYoungMs) return [];
  return [{
    id: 'start', level: 'note', words: ['The proxy has started'],
    since: { atMs: version.started_unix_ms, isExact: true },
  }];
}

function namesOf(shards, before) {
  return shards.slice(0, 3).flatMap((shard, i) => [i ? ', ' : before, { name: shard.name }]);
}

const most = (list, of) =>
  list.reduce((best, each) => (best === undefined || of(each) > of(best) ? each : best), undefined);

function commonest(list) {
  const times = new Map();
  for (const each of list) times.set(each, (times.get(each) ?? 0) + 1);
  return most([...times.keys()], (each) => times.get(each));
}

// `part` in 0..1; requires a value.
function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))];
}
