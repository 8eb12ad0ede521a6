// The list of what stands out, and since when; what has ended stays for some minutes.
import { element, place, setText } from './dom.js';
import * as format from './format.js';

const kEndsAfterMs = 3000;  // without it: what comes and goes is one condition
const kKeptMs = 300e3;
const kEndedShown = 5;
const kSigns = { bad: '✕', warn: '▲', note: '●' };
const kOrder = ['bad', 'warn', 'note'];

export class Conditions {
  constructor(since) {
    this.since_ = since;
    this.list_ = place('conditions');
    this.known_ = new Map();  // id -> {condition, lastMs, endMs}
  }

  // All that hold at `nowMs`.
  show(conditions, nowMs) {
    this.since_.note('condition', conditions.map(({ id }) => id));
    for (const condition of conditions) {
      const before = this.known_.get(condition.id);
      let since = condition.since ?? this.since_.of('condition', condition.id);
      // What was known to be so earlier is so since then, also where nobody else remembers.
      if (before && !before.hasEnded && before.since.atMs < since.atMs) since = before.since;
      this.known_.set(condition.id, { ...condition, since, lastMs: nowMs, hasEnded: false });
    }
    for (const [id, each] of this.known_) {
      each.hasEnded = nowMs - each.lastMs > kEndsAfterMs;
      if (nowMs - each.lastMs > kKeptMs) this.known_.delete(id);
    }
    this.draw_(nowMs);
  }

  get worst() {
    return kOrder.find((level) =>
      [...this.known_.values()].some((each) => each.level === level && !each.hasEnded));
  }

  forget() {
    this.known_.clear();
  }

  draw_(nowMs) {
    const all = [...this.known_.values()];
    const now = all.filter((each) => !each.hasEnded)
      .sort((a, b) => kOrder.indexOf(a.level) - kOrder.indexOf(b.level));
    const ended = all.filter((each) => each.hasEnded)
      .sort((a, b) => b.lastMs - a.lastMs).slice(0, kEndedShown);
    const lines = [...now, ...ended];
    const list = this.list_;
    while (list.childElementCount > lines.length) list.lastElementChild.remove();
    while (list.childElementCount < lines.length) {
      list.append(element('li', {}, element('i', { 'aria-hidden': 'true' }), element('span'),
        element('time')));
    }
    lines.forEach((line, i) => drawLine(list.children[i], line, nowMs));
    if (!lines.length) {
      list.append(element('li', { class: 'calm' }, element('i', { 'aria-hidden': 'true' }, '○'),
        element('span', {}, 'Nothing: every shard is up, no errors, no hot key, nothing slow.'),
        element('time')));
    }
  }
}

function drawLine(item, line, nowMs) {
  const [sign, text, time] = item.children;
  item.className = line.hasEnded ? 'ended' : line.level;
  setText(sign, line.hasEnded ? '○' : kSigns[line.level]);
  const words = line.words.map((word) => (typeof word === 'string' ? word
    : word.isVisible ? word.name : format.visible(word.name)));
  if (text.textContent !== words.join('')) {
    text.replaceChildren(...line.words.map((word, i) =>
      (typeof word === 'string' ? word : element('b', {}, words[i]))));
  }
  setText(time, line.hasEnded
    ? `${format.clock(line.since.atMs)} to ${format.clock(line.lastMs)}`
    : `since ${line.since.isExact ? '' : 'before '}${format.clock(line.since.atMs)} ` +
      `(${line.since.isExact ? '' : 'over '}${format.duration(nowMs - line.since.atMs)})`);
}
