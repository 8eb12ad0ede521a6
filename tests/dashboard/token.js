// A server with a token: the page comes, asks for the token, says when it is wrong, and keeps it.
'use strict';
const assert = require('node:assert/strict');
const { Watched, origin, run } = require('./browser.js');

run(async () => {
  const watched = await Watched.open();
  const { page } = watched;
  await page.goto(`${origin}/`);
  await page.waitForSelector('#token[open]');
  const give = async (token) => {
    await page.fill('#token-value', token);
    await page.press('#token-value', 'Enter');
  };
  // Escape closes any dialog; this one is there again when the page has heard of it.
  await page.evaluate(() => {
    const dialog = document.getElementById('token');
    window.isClosed = new Promise((resolve) => dialog.addEventListener('close', resolve));
  });
  await page.keyboard.press('Escape');
  await page.evaluate(async () => { await window.isClosed; });
  assert.ok(await page.isVisible('#token'));
  await give('wrong');
  await watched.sees('#token-error', /does not accept/);
  await give('open-sesame-1234');
  await watched.sees('#shards tbody', /up/);
  await watched.sees('#state', /Ready/);
  assert.ok(!await page.isVisible('#token'));
  assert.deepEqual(watched.complaints, []);
  assert.deepEqual(watched.refused, ['401 /api/v1/version', '401 /api/v1/version']);
  watched.refused.length = 0;

  await page.reload();
  await watched.sees('#shards tbody', /up/);
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  assert.ok(!page.url().includes('sesame'));
  watched.hasNothingToComplain();
  await watched.browser.close();
});
