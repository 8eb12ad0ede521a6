// Asks the server for everything once a second, as long as somebody can see it, and hands each
// answer to the part of the page that shows it.
import { Api, askForToken } from './api.js';
import { BigKeys } from './big_keys.js';
import { Charts } from './charts.js';
import { Clients } from './clients.js';
import { Conditions } from './conditions.js';
import { element, place, setAttribute, setHidden, setText } from './dom.js';
import { Explain } from './explain.js';
import * as format from './format.js';
import { HotKeys, isHot } from './hot_keys.js';
import * as judgement from './judgement.js';
import { Shards } from './shards.js';
import { Since } from './since.js';
import { SlotMap } from './slot_map.js';
import { kSlowEntries, SlowLog } from './slow_log.js';
import { Tiles } from './tiles.js';

const kRoundMs = 1000;
const kHistorySeconds = 300;
const kMissingMs = 10_000;  // until a page that the server does not have is asked for again

const api = new Api(askForToken);
let skewMs = 0;  // the server's clock ahead of this one
const now = () => Date.now() + skewMs;

const since = new Since(now);
const sinceOfShard = (shard) => since.of('shard', `${shard.name} ${shard.state}`);
const sinceOfKey = (key) => since.of('key', `${key.encoding} ${key.key}`);

const tiles = new Tiles();
const charts = new Charts();
const slotMap = new SlotMap();
const explain = new Explain(api, () => poolQuery(), (slot) => slotMap.mark(slot));
const shards = new Shards(sinceOfShard);
const hotKeys = new HotKeys((key) => explain.ask(key), sinceOfKey);
const slowLog = new SlowLog();
const bigKeys = new BigKeys((key) => explain.ask(key));
const clients = new Clients();
const conditions = new Conditions(since);

let samples = [];
let pools = [];
let pool = null;  // the name of the one that is shown
let unreachableMs = null;  // since when
const found = {};  // source -> the conditions of its last answer
const known = {};  // source -> its last answer
let memory = {};  // judgement.js's

const poolQuery = () => (pools.length > 1 ? `&pool=${encodeURIComponent(pool)}` : '');
const ofPool = (list) => list.find((each) => (each.name ?? each.pool) === pool) ?? list[0];

// In the order in which they are asked for. `show(body)` takes an answer, `clear(why)` its absence.
const kSources = [
  // Not /readyz, whose 503 a browser would note as a failure of the page each second.
  { name: 'version', everyMs: 1000, path: () => 'api/v1/version', show: showVersion,
    clear(why) { known.version = { ...known.version, ready: false, reason: why }; } },
  { name: 'hotkeys', everyMs: 1000, path: () => `api/v1/hotkeys?count=30${poolQuery()}`,
    show(body) {
      const mine = ofPool(body.pools);
      const hot = new Map(mine.keys.filter(isHot).map((key) => [`${key.encoding} ${key.key}`, key]));
      since.note('key', [...hot.keys()], (name) => hot.get(name).since_unix_ms);
      found.hotkeys = judgement.ofHotKeys(mine, sinceOfKey);
      hotKeys.show(mine);
    },
    clear: (why) => hotKeys.clear(why) },
  { name: 'shards', everyMs: 1000, path: () => 'api/v1/shards',
    show(body) {
      const mine = ofPool(body.pools);
      const states = new Map(mine.shards.map((each) => [`${each.name} ${each.state}`, each]));
      since.note('shard', [...states.keys()], (name) => states.get(name).state_since_unix_ms);
      found.shards = judgement.ofShards(mine, sinceOfShard);
      known.shards = mine;
      shards.show(mine);
      slotMap.showShards(mine.shards);
    },
    clear: (why) => shards.clear(why) },
  { name: 'history', everyMs: 1000, path: () => `api/v1/history?seconds=${secondsMissing()}`,
    show: showHistory,
    clear(why) {
      setText(place('load-note'), why);
      tiles.clear();
    } },
  { name: 'slowlog', everyMs: 1000, path: () => `api/v1/slowlog?count=${kSlowEntries}${poolQuery()}`,
    show(body) {
      found.slowlog = judgement.ofSlowLog(body, now());
      slowLog.show(body);
    },
    clear: (why) => slowLog.clear(why) },
  { name: 'slots', everyMs: 3000, path: () => 'api/v1/slots?load=1',
    show: (body) => slotMap.show(ofPool(body.pools), performance.now()),
    clear: (why) => slotMap.clear(why) },
  { name: 'clients', everyMs: 2000, path: () => `api/v1/clients?count=200${poolQuery()}`,
    show(body) {
      found.clients = judgement.ofClients(body);
      clients.show(body, performance.now());
    },
    clear: (why) => clients.clear(why) },
  { name: 'bigkeys', everyMs: 2000, path: () => `api/v1/bigkeys?count=50${poolQuery()}`,
    show: (body) => bigKeys.show(body), clear: (why) => bigKeys.clear(why) },
];

function secondsMissing() {
  if (!samples.length) return kHistorySeconds;
  const missing = (now() - samples[samples.length - 1].unix_ms) / 1000;
  return Math.min(kHistorySeconds, Math.max(3, Math.ceil(missing) + 2));
}

function showHistory({ samples: latest }) {
  const last = samples.length ? samples[samples.length - 1].unix_ms : 0;
  samples.push(...latest.filter((sample) => sample.unix_ms > last));
  samples = samples.slice(-kHistorySeconds);
  if (samples.length) tiles.show(samples[samples.length - 1]);
  charts.show(samples);
  setText(place('load-note'), 'last 5 minutes, all pools');
  found.history = judgement.ofHistory(samples, known.shards, memory);
}

function showVersion(version) {
  if (known.version && known.version.started_unix_ms !== version.started_unix_ms) {
    samples = [];
    memory = {};
    since.forget();
  }
  known.version = version;
  skewMs = version.now_unix_ms - Date.now();
  const up = format.duration(version.now_unix_ms - version.started_unix_ms);
  setText(place('process'), `${format.visible(version.version)}, up ${up}`);
  found.version = judgement.ofVersion(version, version.now_unix_ms);
  showPools(version.pools);
}

function showPools(names) {
  if (JSON.stringify(names) === JSON.stringify(pools)) return;
  pools = names;
  if (!pools.includes(pool)) pool = pools[0] ?? null;
  const select = place('pool');
  select.replaceChildren(...pools.map((name) => element('option', { value: name },
    format.visible(name))));
  select.value = pool;
  setHidden(place('pool-choice'), pools.length < 2);
}

function showBanner() {
  const { version } = known;
  const lines = [];
  if (unreachableMs !== null) {
    lines.push(`The proxy cannot be reached since ${format.clock(unreachableMs)}. ` +
      'What stands below is from before.');
  } else if (version && !version.ready) {
    lines.push(`The proxy is not ready: ${format.visible(version.reason)}.`);
  }
  const banner = place('banner');
  if (banner.textContent !== lines.join('')) {
    banner.replaceChildren(...lines.map((line) => element('strong', {}, line)));
  }
  setHidden(banner, !lines.length);
  document.body.classList.toggle('stale', unreachableMs !== null);
  const state = unreachableMs !== null ? ['Unreachable', 'bad']
    : version?.ready ? ['Ready', 'good'] : version ? ['Not ready', 'bad'] : ['Connecting', 'none'];
  setText(place('state'), state[0]);
  setAttribute(place('state'), 'data-level', state[1]);
}

// What the server said instead of a page.
function refusal({ status, body }) {
  if (status === 404) return 'Not available: this server has no such page.';
  const said = typeof body?.error === 'string' ? format.visible(body.error) : `status ${status}`;
  return `Not available now: ${said}`;
}

async function ask(source) {
  source.nextMs = performance.now() + source.everyMs - kRoundMs / 2;
  const answer = await api.get(source.path());
  if (answer.status === 0) {
    unreachableMs ??= now();
    return false;
  }
  unreachableMs = null;
  if (answer.status === 200 && answer.body !== null) {
    source.show(answer.body);
    return true;
  }
  found[source.name] = [];
  if (answer.status === 404) source.nextMs = performance.now() + kMissingMs;
  source.clear(refusal(answer));
  return true;
}

async function round() {
  for (const source of kSources) {
    if ((source.nextMs ?? 0) > performance.now()) continue;
    try {
      if (!await ask(source)) break;
    } catch (error) {
      source.clear(`Not available: the answer is not what was expected (${error.message}).`);
    }
  }
  showBanner();
  if (unreachableMs === null) {
    conditions.show(Object.values(found).flat(), now());
    setText(place('clock'), `as of ${format.clock(now())}`);
  }
  const sign = unreachableMs !== null || conditions.worst === 'bad' ? '✕ ' : '';
  document.title = `${sign}Slotway`;
}

const visible = () => new Promise((resolve) => {
  if (!document.hidden) resolve();
  else document.addEventListener('visibilitychange', () => resolve(), { once: true });
});

place('pool').addEventListener('change', (event) => {
  pool = event.target.value;
  since.forget();
  conditions.forget();
  for (const source of kSources) source.nextMs = 0;
});

for (;;) {
  await visible();
  const start = performance.now();
  await round();
  const wait = Math.max(100, start + kRoundMs - performance.now());
  await new Promise((resolve) => setTimeout(resolve, wait));
}
