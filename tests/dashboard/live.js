// Under load the page shows it, changing; then a key becomes hot, a shard goes, and the proxy.
'use strict';
const assert = require('node:assert/strict');
const { Watched, load, run, send, within, kPatienceMs } = require('./browser.js');

const kFlashKeyWithinMs = 2000;

const tile = (page, title) => page.evaluate((name) => [...document.querySelectorAll('#tiles div')]
  .find((div) => div.querySelector('dt').textContent === name).querySelector('dd').textContent, title);

const number = (text) => parseFloat(text.replaceAll(',', '')) * (text.endsWith('k') ? 1000 : 1);

// The page's own clock when a hot key first has its row, which no load before brought.
function watchForHotKey(page) {
  return page.evaluate(() => new Promise((resolve) => {
    const table = document.querySelector('#hot-keys table');
    const look = () => {
      const row = table.querySelector('tr.hot');
      if (row) resolve({ atMs: Date.now(), key: row.querySelector('.key-name').textContent });
      return row;
    };
    if (!look()) new MutationObserver(look).observe(table, { childList: true, subtree: true,
      attributes: true });
  }));
}

async function showsTheLoad({ page }) {
  await page.waitForFunction(() => /[1-9]/.test(
    document.querySelector('#tiles dd').textContent), null, { timeout: kPatienceMs });
  const seen = new Set();
  const end = Date.now() + kPatienceMs;
  while (seen.size < 3 && Date.now() < end) {
    const text = await tile(page, 'Requests/s');
    if (number(text) > 0) seen.add(text);
    await page.waitForTimeout(250);
  }
  assert.ok(seen.size >= 3, `requests/s does not change: ${[...seen]}`);
  assert.match(await tile(page, 'p99'), /[1-9].* (µs|ms|s)/);
  // "p50 < 1 µs" is no riddle to who asks.
  const helps = await page.$$eval('#tiles div', (tiles) => Object.fromEntries(tiles.map((each) =>
    [each.querySelector('dt').textContent, each.title])));
  for (const title of ['p50', 'p99', 'p99.9']) assert.match(helps[title], /count as 0: hits of the cache/);
  assert.equal(helps['Requests/s'], '');
  // Each chart has its canvas, and says what it shows to those who do not see it.
  const charts = await page.$$eval('.plot', (plots) => plots.map((plot) =>
    [plot.querySelectorAll('canvas').length, plot.getAttribute('aria-label')]));
  assert.equal(charts.length, 6);
  for (const [canvases, label] of charts) {
    assert.equal(canvases, 1);
    assert.match(label, /of the last five minutes: /);
  }
  assert.match(charts[0][1], /Requests .* now [1-9]/);
  assert.match(charts[1][1], /p50 now \d.* (µs|ms|s).*; p99 now \d.* (µs|ms|s).*; p99\.9 now \d/);
  assert.match(charts[4][1], /in now [1-9].*; out now [1-9]/);
  assert.match(charts[5][1], /Connections .* now [1-9]/);
  // p50 is drawn as a line of its colour, on a transparent ground.
  await page.waitForFunction(() => {
    const name = getComputedStyle(document.documentElement).getPropertyValue('--line-1').trim();
    const line = [1, 3, 5].map((at) => parseInt(name.slice(at, at + 2), 16));
    const data = pixelsOf(document.querySelector('.charts > :nth-child(2) canvas'));
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 60 && line.every((part, j) => Math.abs(data[i + j] - part) < 40)) ++count;
    }
    return count >= 5;
  });
}

async function showsTheShards(watched) {
  await watched.page.waitForFunction(() => /[1-9]/.test(
    document.querySelector('#shards tbody tr:last-child').cells[5].textContent));
  const rows = await watched.rows('shards');
  assert.deepEqual(rows.map((row) => [row.Shard, row.State]), [['a', '● up'], ['b', '● up']]);
  for (const row of rows) {
    assert.ok(number(row['Requests/s']) > 100, row['Requests/s']);
    assert.ok(parseFloat(row.Share) > 10 && parseFloat(row.Share) < 90, row.Share);
    assert.equal(row['Errors/s'], '0');
    assert.equal(row.Refused, '0');
    assert.match(row.p50, /^[1-9][\d.]* (µs|ms)$/);
    assert.match(row.p99, /^[1-9][\d.]* (µs|ms|s)$/);
    assert.match(row['Bytes/s'], /^[1-9][\d.]* (KiB|MiB)$/);
  }
  await watched.sees('#shards-note', /busiest to mean 1\.\d+ by requests, 1\.\d+ by bytes/);
}

// One large value, and a log that keeps all for a moment, before others fill it.
async function showsWhatWasSlowOrLarge(watched) {
  const { page } = watched;
  const says = async (...words) => (await send([words])).close();
  await says('CONFIG', 'SET', 'slowlog-log-slower-than', '0');
  const client = await send([['CLIENT', 'SETNAME', 'photographer'],
    ['SET', 'album', 'x'.repeat(50_000)], ['GET', 'album']]);
  client.close();
  assert.match(client.reply, /^\+OK\r\n\+OK\r\n\$50000\r\n/);
  await says('CONFIG', 'SET', 'slowlog-log-slower-than', '10000');
  const has = (section, text) => page.waitForFunction(([at, part]) =>
    document.querySelector(`#${at} tbody`).textContent.includes(part), [section, text]);
  await has('big-keys', 'reply of GET');
  await watched.sees('#big-keys-note', /from 1\.00 KiB, largest first/);
  const large = (await watched.rows('big-keys')).filter((row) => row.Key === 'album');
  assert.deepEqual(large.map((row) => [row.Bytes, row.In, row.Times]).sort(),
    [['48.8 KiB', 'reply of GET', '1'], ['48.9 KiB', 'request of SET', '1']]);

  await has('slow-log', 'GET album');
  await watched.sees('#slow-log-note', /above 10\.0 ms, newest first/);
  await watched.sees('#stages', /^routequeueshardorderwrite$/);
  const [set, get] = ['SET album xxx', 'GET album'].map((text) =>
    watched.rows('slow-log').then((rows) => rows.find((row) => row.Command.startsWith(text))));
  for (const row of [await set, await get]) {
    assert.match(row.Took, /^[1-9][\d.]* (µs|ms|s)$/);
    assert.match(row.Stages, /^(route|queue|shard|order|write) [1-9]\d* %$/);
    assert.equal(row.Shard, large[0].Shard);
    assert.match(row.Client, /^photographer 127\.0\.0\.1:\d+$/);
  }
  // Together the stages fill the bar.
  const [bar, parts] = await page.$eval('#slow-log tbody tr:first-child .stage-bar', (all) => {
    const width = (at) => at.getBoundingClientRect().width;
    return [width(all), [...all.children].map(width)];
  });
  assert.equal(parts.length, 5);
  assert.ok(Math.abs(parts.reduce((a, b) => a + b) - bar) < 2, `${parts} of ${bar}`);
}

async function showsEachPart(watched) {
  const { page } = watched;
  await showsTheShards(watched);
  await watched.sees('#clients-note', /[1-9]/);
  await watched.sees('#slot-legend', /a.*b/);
  // The picture has the colours of two shards.
  const colours = () => page.$eval('#slot-map canvas', (canvas) => {
    const data = pixelsOf(canvas);
    const pixel = (slot) => data.slice(slot * 4, slot * 4 + 3).join();
    return [pixel(0), pixel(8191), pixel(8192), pixel(16383)];
  });
  const [first, lastOfA, firstOfB, last] = await colours();
  assert.equal(first, lastOfA);
  assert.equal(firstOfB, last);
  assert.notEqual(first, last);
  await page.check('input[name=slots-by][value=load]', { force: true });
  await watched.sees('#slot-legend', /busiest: slot [\d,]+, [1-9][\d.,]*( k)?\/s/);
  const shades = await page.$eval('#slot-map canvas', (canvas) =>
    new Set(new Uint32Array(pixelsOf(canvas).buffer)).size);
  assert.ok(shades >= 4, `${shades} shades of load`);
  await page.click('#slot-legend button');
  await watched.sees('#slot-readout',
    /^Slot [\d,]+ · shard [ab], up · .* · [1-9][\d.]* requests\/s, [\d.]+ % of all$/);
  await page.hover('#slot-map canvas', { position: { x: 5, y: 5 } });
  await watched.sees('#slot-readout', /Slot \d+ · shard a, up · range 0 to 8,191/);
  await page.fill('#explain-key', 'rose{tag}');
  await page.press('#explain-key', 'Enter');
  await watched.sees('#explain-answer', /Slot 8,338 \(hash tag tag\) · shard b/);
}

run(async () => {
  const watched = await Watched.open();
  const { page } = watched;
  await watched.visit();
  console.log('what was slow or large');
  await showsWhatWasSlowOrLarge(watched);
  console.log('load');
  const usual = load('-c', 8, '-r', 1500, '-w', 'mixed', '-k', 20000);
  await showsTheLoad(watched);
  console.log('each part');
  await showsEachPart(watched);

  console.log('a hot key');
  const appearance = watchForHotKey(page);
  const flash = load('-c', 8, '-r', 4000, '-k', 1);
  const { atMs, key } = await within(kPatienceMs, appearance, async () =>
    `a hot key; there are ${JSON.stringify(await watched.rows('hot-keys'))}`);
  const delay = atMs - flash.startMs;
  console.log(`hot key ${key} after ${delay} ms`);
  assert.ok(delay > 0 && delay < kFlashKeyWithinMs, `the hot key came after ${delay} ms`);
  await watched.sees('#conditions', /Key .* is hot: [\d.,]+.*\/s, .* % of the requests.*since /);
  watched.hasNothingToComplain();
  console.log('screenshots');
  for (const [width, theme] of [[1280, 'light'], [400, 'dark']]) {
    await page.setViewportSize({ width, height: 900 });
    await page.selectOption('#theme', theme);
    await page.waitForTimeout(1500);
    await watched.shoot(`live-${width}-${theme}`);
  }

  console.log('stop shard b');
  await watched.sees('#shards tbody tr:first-child', /^b✕ down/);
  await watched.sees('#conditions', /Shard b .* is down: 0 of 2 workers reach it.*since \d\d:/);
  await watched.sees('#slot-legend', /./);
  await watched.sees('#banner', /The proxy is not ready/);
  await watched.sees('#conditions', /errors\/s, from shard b/);
  await page.setViewportSize({ width: 1280, height: 900 });
  await watched.shoot('shard-down-1280-dark');
  watched.hasNothingToComplain();

  await Promise.all([usual.stop(), flash.stop()]);
  console.log('stop proxy');
  await watched.sees('#banner', /The proxy cannot be reached since \d\d:\d\d:\d\d/);
  await watched.sees('#state', /Unreachable/);
  await watched.browser.close();
});
