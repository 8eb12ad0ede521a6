// Chromium with one page, which is watched: what it asks for, and what it complains about.
'use strict';
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const path = require('node:path');
const { chromium } = require('playwright-core');

const [, , proxyPort, adminPort] = process.argv;
const origin = `http://127.0.0.1:${adminPort}`;
const kPatienceMs = 15_000;
const kLongestMs = 90_000;  // of a script; less than ctest and dashboard_test.cc wait for it

class Watched {
  static async open(options = {}) {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'],
    });
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
    await context.addInitScript(addPixelsOf);
    const page = await context.newPage();
    page.setDefaultTimeout(kPatienceMs);
    return new Watched(browser, page);
  }

  constructor(browser, page) {
    this.browser = browser;
    this.page = page;
    this.complaints = [];
    this.elsewhere = [];
    this.refused = [];
    page.on('console', (message) => {
      // What is refused or lost the browser notes there, too: refused has it with its address.
      if (/^Failed to load resource/.test(message.text())) return;
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    page.on('response', (response) => {
      if (response.status() < 400) return;
      this.refused.push(`${response.status()} ${new URL(response.url()).pathname}`);
    });
    page.on('pageerror', (error) => this.complaints.push(`${error.message}\n${error.stack}`));
    this.asked = 0;  // requests for data
    this.pending = new Set();
    this.mostPending = 0;
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin) this.elsewhere.push(request.url());
      if (request.resourceType() !== 'fetch') return;
      ++this.asked;
      this.pending.add(request);
      this.mostPending = Math.max(this.mostPending, this.pending.size);
    });
    const ended = (request) => this.pending.delete(request);
    page.on('requestfinished', ended);
    page.on('requestfailed', ended);
  }

  async visit() {
    await this.page.goto(`${origin}/`);
    await this.sees('#state', /Ready/);
  }

  // The texts of a section's table: for each row {title of the column: text}.
  rows(section) {
    return this.page.$eval(`#${section} table`, (table) => {
      const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
      return [...table.tBodies[0].rows].map((row) =>
        Object.fromEntries(titles.map((title, i) => [title, row.cells[i].textContent])));
    });
  }

  // Waits until the element's text matches.
  async sees(selector, pattern) {
    try {
      await this.page.waitForFunction(([at, text, flags]) =>
        new RegExp(text, flags).test(document.querySelector(at)?.textContent ?? ''),
      [selector, pattern.source, pattern.flags], { timeout: kPatienceMs });
    } catch {
      const text = await this.page.textContent(selector).catch(() => 'nothing');
      assert.fail(`${selector}: expected ${pattern}, has: ${text}`);
    }
  }

  async shoot(name) {
    await this.page.screenshot({
      path: path.join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  hasNothingToComplain() {
    assert.deepEqual(this.complaints, []);
    assert.deepEqual(this.elsewhere, []);
    assert.deepEqual(this.refused, []);
  }
}

// In the page: pixelsOf(canvas) gives red, green, blue and opacity of its pixels, read from a copy,
// for of who reads a canvas often Chromium complains.
function addPixelsOf() {
  window.pixelsOf = (canvas) => {
    const { width, height } = canvas;
    const copy = new OffscreenCanvas(width, height);
    const context = copy.getContext('2d', { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    return context.getImageData(0, 0, width, height).data;
  };
}

// slotway-load at the proxy, until stop().
function load(...options) {
  const child = spawn(process.env.SLOTWAY_LOAD,
    [`127.0.0.1:${proxyPort}`, '--seconds', '100', ...options.map(String)], { stdio: 'ignore' });
  return {
    startMs: Date.now(),
    stop: () => new Promise((resolve) => {
      if (child.exitCode !== null) return resolve();
      child.once('exit', resolve);
      child.kill('SIGKILL');
    }),
  };
}

// One command, as its arguments, on a connection of its own; gives what comes back within `ms`.
function send(commands, ms = 300) {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = require('node:net').connect(Number(proxyPort), '127.0.0.1');
    socket.on('data', (data) => { reply += data; });
    socket.on('error', reject);
    for (const words of commands) {
      socket.write(`*${words.length}\r\n`);
      for (const word of words) {
        const bytes = Buffer.from(word);
        socket.write(Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]));
      }
    }
    setTimeout(() => resolve({ reply, close: () => socket.destroy() }), ms);
  });
}

// What the promise gives; fails where it takes too long.
function within(ms, promise, what) {
  const late = new Promise((resolve, reject) => {
    setTimeout(async () => reject(new Error(`not within ${ms} ms: ${await what()}`)), ms).unref();
  });
  return Promise.race([promise, late]);
}

// Of a doctest case: its last line is "done" where all went well.
function run(main) {
  within(kLongestMs, main(), () => 'the end of the script').then(() => {
    console.log('done');
    process.exit(0);
  }, (error) => {
    console.error(error);
    process.exit(1);
  });
}

module.exports = { Watched, load, origin, run, send, within, kPatienceMs };
