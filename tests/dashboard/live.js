// Under load the page shows it, changing; then a key becomes hot, a shard goes, and the proxy.
'use strict';
const assert = require('node:assert/strict');
const { Watched, load, run, kPatienceMs } = require('./browser.js');

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
  // Each chart has its canvas, and says what it shows to those who do not see it.
  const charts = await page.$$eval('.plot', (plots) => plots.map((plot) =>
    [plot.querySelectorAll('canvas').length, plot.getAttribute('aria-label')]));
  assert.equal(charts.length, 6);
  for (const [canvases, label] of charts) {
    assert.equal(canvases, 1);
    assert.match(label, /of the last five minutes: /);
  }
  assert.match(charts[0][1], /Requests .* now [1-9]/);
}

async function showsEachPart(watched) {
  const { page } = watched;
  const rows = await page.$$eval('#shards tbody tr', (lines) => lines.map((line) => line.innerText));
  assert.equal(rows.length, 2);
  assert.match(rows[0], /^a\s+● up/);
  assert.match(rows[1], /^b\s+● up/);
  await watched.sees('#clients-note', /[1-9]/);
  if (await watched.has('slowlog')) await watched.sees('#slow-log-note', /above|off/);
  if (await watched.has('bigkeys')) await watched.sees('#big-keys-note', /largest first/);
  await watched.sees('#slot-legend', /a.*b/);
  // The picture has the colours of two shards.
  const colours = () => page.$eval('#slot-map canvas', (canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, 128, 128);
    const pixel = (slot) => data.slice(slot * 4, slot * 4 + 3).join();
    return [pixel(0), pixel(8191), pixel(8192), pixel(16383)];
  });
  const [first, lastOfA, firstOfB, last] = await colours();
  assert.equal(first, lastOfA);
  assert.equal(firstOfB, last);
  assert.notEqual(first, last);
  await page.check('input[name=slots-by][value=load]', { force: true });
  if (await watched.has('history')) {
    await watched.sees('#slot-legend', /busiest: slot [\d,]+, [\d.,]+( k)?\/s/);
  }
  await page.hover('#slot-map canvas', { position: { x: 5, y: 5 } });
  await watched.sees('#slot-readout', /Slot \d+ · shard a, up · range 0 to 8,191/);
  await page.fill('#explain-key', 'rose{tag}');
  await page.press('#explain-key', 'Enter');
  await watched.sees('#explain-answer', /Slot 8,338 \(hash tag tag\) · shard b/);
}

run(async () => {
  const watched = await Watched.open();
  const { page } = watched;
  const usual = load('-c', 8, '-r', 1500, '-w', 'mixed', '-k', 20000);
  await watched.visit();
  if (await watched.has('history')) await showsTheLoad(watched);
  await showsEachPart(watched);

  const appearance = watchForHotKey(page);
  const flash = load('-c', 8, '-r', 4000, '-k', 1);
  const { atMs, key } = await appearance;
  const delay = atMs - flash.startMs;
  console.log(`hot key ${key} after ${delay} ms`);
  assert.ok(delay > 0 && delay < kFlashKeyWithinMs, `the hot key came after ${delay} ms`);
  await watched.sees('#conditions', /Key .* is hot: [\d.,]+.*\/s, .* % of the requests.*since /);
  watched.hasNothingToComplain();
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
  if (await watched.has('history')) await watched.sees('#conditions', /errors\/s, from shard b/);
  await page.setViewportSize({ width: 1280, height: 900 });
  await watched.shoot('shard-down-1280-dark');
  watched.hasNothingToComplain();

  await Promise.all([usual.stop(), flash.stop()]);
  console.log('stop proxy');
  await watched.sees('#banner', /The proxy cannot be reached since \d\d:\d\d:\d\d/);
  await watched.sees('#state', /Unreachable/);
  await watched.browser.close();
});
