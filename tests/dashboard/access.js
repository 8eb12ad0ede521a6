// By keyboard alone, at both widths, in both themes.
'use strict';
const assert = require('node:assert/strict');
const { Watched, load, run } = require('./browser.js');

const kSections = ['slots', 'load', 'shards', 'hot-keys', 'slow-log', 'big-keys', 'clients'];

// What has the focus: its section, and whether that can be seen.
const focus = (page) => page.evaluate(() => {
  const at = document.activeElement;
  return {
    tag: at.tagName, text: at.textContent.trim().slice(0, 40), id: at.id,
    section: at.closest('section')?.id ?? '',
    isShown: at.matches(':focus-visible') &&
      (getComputedStyle(at).outlineStyle !== 'none' ||
        getComputedStyle(at.nextElementSibling ?? at).outlineStyle !== 'none'),
  };
});

async function reachesEachSection(page) {
  await page.keyboard.press('Tab');
  assert.equal((await focus(page)).text, 'Skip to content');
  const reached = new Set();
  const unseen = [];
  for (let i = 0; i < 150; ++i) {
    await page.keyboard.press('Tab');
    const now = await focus(page);
    if (now.tag === 'BODY') break;
    if (now.section) reached.add(now.section);
    if (!now.isShown) unseen.push(now);
  }
  for (const section of kSections) assert.ok(reached.has(section), `Tab does not reach ${section}`);
  assert.deepEqual(unseen, []);
}

async function skipsAndJumps(page) {
  await page.evaluate(() => document.activeElement.blur());
  await page.focus('.skip');
  await page.keyboard.press('Enter');
  assert.equal((await focus(page)).id, 'main');
  for (const section of kSections) {
    await page.focus(`nav a[href="#${section}"]`);
    await page.keyboard.press('Enter');
    await page.waitForFunction((id) => {
      const box = document.getElementById(id).getBoundingClientRect();
      return box.top < innerHeight && box.bottom > 0;
    }, section);
    await page.keyboard.press('Tab');
    assert.equal((await focus(page)).section, section);
  }
}

async function walksTheMapAndTheCharts(watched) {
  const { page } = watched;
  await page.focus('#slot-map canvas');
  await page.keyboard.press('ArrowRight');
  await watched.sees('#slot-readout', /^Slot 1 /);
  await page.keyboard.press('PageDown');
  await watched.sees('#slot-readout', /^Slot 129 /);
  await page.keyboard.press('End');
  await watched.sees('#slot-readout', /^Slot 8,191 .*shard a/);
  await page.keyboard.press('ArrowRight');
  await watched.sees('#slot-readout', /^Slot 8,192 .*shard b/);
  await page.focus('input[name=slots-by][value=shard]');
  await page.keyboard.press('ArrowRight');
  assert.ok(await page.isChecked('input[name=slots-by][value=load]'));
  await page.waitForFunction(() => document.querySelector('.plot canvas'));
  await page.focus('.plot');
  await page.keyboard.press('ArrowLeft');
  await page.waitForFunction(() => {
    const line = document.querySelector('.plot .u-cursor-x');
    return line && !line.classList.contains('u-off') && /translate/.test(line.style.transform);
  });
}

async function everythingHasAName(page) {
  const nameless = await page.evaluate(() => {
    const named = (at) => at.textContent.trim() || at.getAttribute('aria-label') || at.labels?.length ||
      document.getElementById(at.getAttribute('aria-labelledby'))?.textContent;
    return [...document.querySelectorAll(
      'a, button, input, select, .slot-map canvas, section, nav, [role], fieldset, dialog')]
      .filter((at) => !named(at) && !['status', 'alert'].includes(at.getAttribute('role')))
      .map((at) => at.outerHTML.slice(0, 100));
  });
  assert.deepEqual(nameless, []);
}

// A tab that nobody sees costs the server nothing; one that is seen, one request at a time.
async function pausesWhileHidden(watched) {
  const { page } = watched;
  const hide = (hidden) => page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
  await hide(true);
  await page.waitForTimeout(2500);  // what was under way ends
  const asked = watched.asked;
  await page.waitForTimeout(2500);
  assert.equal(watched.asked, asked);
  await hide(false);
  await page.waitForTimeout(1500);
  assert.ok(watched.asked > asked);
  assert.equal(watched.mostPending, 1);
}

// Of text on what is behind it: at least 4.5 to 1 (WCAG 2.1, 1.4.3).
async function isLegible(page, theme) {
  const faint = await page.evaluate(() => {
    const light = (text) => {
      const parts = text.match(/[\d.]+/g).map(Number);
      const [r, g, b] = parts.map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (at) => {
      for (let node = at; node; node = node.parentElement) {
        const colour = getComputedStyle(node).backgroundColor;
        if (!/, 0\)$|transparent/.test(colour)) return colour;
      }
      return 'rgb(255, 255, 255)';
    };
    const found = [];
    for (const at of document.querySelectorAll('body *')) {
      const has = [...at.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      if (!has || !at.getClientRects().length || at.disabled) continue;
      const [a, b] = [light(getComputedStyle(at).color), light(behind(at))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) found.push([at.textContent.slice(0, 30), ratio.toFixed(2)]);
    }
    return found;
  });
  assert.deepEqual(faint, [], theme);
}

run(async () => {
  const watched = await Watched.open({ colorScheme: 'dark' });
  const { page } = watched;
  const usual = load('-c', 4, '-r', 1000, '-w', 'mixed');
  await watched.visit();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
  await watched.sees('#shards tbody', /up/);
  await watched.sees('#clients tbody', /\d/);
  await reachesEachSection(page);
  await skipsAndJumps(page);
  await walksTheMapAndTheCharts(watched);
  await everythingHasAName(page);
  await pausesWhileHidden(watched);
  for (const theme of ['dark', 'light']) {
    await page.selectOption('#theme', theme);
    assert.equal(await page.getAttribute('html', 'data-theme'), theme);
    await isLegible(page, theme);
  }
  for (const width of [1280, 768, 400]) {
    await page.setViewportSize({ width, height: 900 });
    await page.waitForTimeout(300);
    const size = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(size <= width, `${size} pixels wide at ${width}`);
  }
  await page.reload();
  assert.equal(await page.getAttribute('html', 'data-theme'), 'light');
  watched.hasNothingToComplain();
  await usual.stop();
  await watched.browser.close();
});
