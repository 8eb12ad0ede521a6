// Keys, arguments and client names are what clients say they are: text, whatever is in it.
'use strict';
const assert = require('node:assert/strict');
const { Watched, run, send } = require('./browser.js');

const kImage = '<img src=x onerror="window.broken=1">';
const kScript = '</td><script>window.broken=1</script>';
const kClient = '<b>client</b>';
const kTurned = 'invoice\u202Egpj.exe';  // shows as "invoiceexe.jpg" where nobody looks

run(async () => {
  const watched = await Watched.open();
  const { page } = watched;
  const client = await send([['CLIENT', 'SETNAME', kClient], ['CONFIG', 'SET', 'slowlog-log-slower-than', '0'],
    ['SET', kImage, 'x'.repeat(3_000_000)], ['SET', kTurned, 'x'.repeat(2_000_000)]]);
  assert.match(client.reply, /^\+OK\r\n\+OK\r\n/);
  let asking = true;
  const asks = (async () => {
    while (asking) {
      const batch = Array.from({ length: 300 }, () => [['STRLEN', kImage], ['STRLEN', kScript]]).flat();
      (await send(batch, 100)).close();
    }
  })();
  await watched.visit();
  await watched.sees('#clients tbody', /<b>client<\/b>/);
  await watched.sees('#hot-keys tbody', /<img src=x onerror="window\.broken=1">/);
  await watched.sees('#hot-keys tbody', /<\/td><script>window\.broken=1<\/script>/);
  await watched.sees('#slow-log tbody', /<img src=x|<script>/);
  await watched.sees('#big-keys tbody', /<img src=x onerror="window\.broken=1">/);
  await watched.sees('#big-keys tbody', /invoice\\u\{202e\}gpj\.exe/);
  await page.click(`#hot-keys .key-name:has-text("<img")`);
  await watched.sees('#explain-answer', /Slot [\d,]+ /);
  const found = await page.evaluate(() => ({
    isBroken: 'broken' in window, markup: document.querySelectorAll('main img, main b b, td script').length }));
  assert.deepEqual(found, { isBroken: false, markup: 0 });
  watched.hasNothingToComplain();
  asking = false;
  await asks;
  client.close();
  await watched.browser.close();
});
