// The slow log: who asked for what, how long it took, and in which of the five stages.
import { element, place, setAttribute, setText } from './dom.js';
import * as format from './format.js';
import { cutText, only, Table } from './table.js';

const kWords = {
  route: 'read and routed',
  queue: 'until the shard\'s connection took it',
  shard: 'until the shard replied',
  order: 'until the client\'s earlier replies were there',
  write: 'until the client\'s connection took the reply',
};
export const kSlowEntries = 50;  // that are asked for and shown

// In the order in which the server names them; the words are for people.
export const stagesOf = (entry) => Object.entries(entry.stages_us);

export const longestStage = (entry) =>
  stagesOf(entry).reduce((most, stage) => (stage[1] > most[1] ? stage : most))[0];

export class SlowLog {
  constructor() {
    this.table_ = new Table(place('slow-log').querySelector('.scroll'), [
      { title: 'Time', kind: 'time', text: (row) => format.clock(row.unix_ms) },
      { title: 'Took', kind: 'number', text: (row) => format.micros(row.total_us) },
      { title: 'Command', kind: 'command', draw: cutText((row) =>
        row.args.map(format.visible).join(' ')) },
      { title: 'Stages', kind: 'stages', draw: drawStages },
      { title: 'Shard', kind: 'word', text: (row) => format.visible(row.shard || format.kAbsent) },
      { title: 'Client', kind: 'client', draw: cutText((row) => clientText(row)) },
      { title: 'Sent, received', kind: 'number', help: 'bytes to and from the shard',
        text: (row) => `${format.bytes(row.request_bytes)}, ${format.bytes(row.reply_bytes)}` },
    ], 'No request was slow.');
  }

  // `log` of /api/v1/slowlog, of one pool.
  show(log) {
    setText(place('slow-log-note'), log.threshold_us === null ? 'off'
      : log.threshold_us === 0 ? 'all requests, newest first'
        : `above ${format.micros(log.threshold_us)}, newest first`);
    if (log.entries.length) drawLegend(log.entries[0]);
    this.table_.show(log.entries, (row) => String(row.id));
  }

  clear(why) {
    setText(place('slow-log-note'), '');
    this.table_.clear(why);
  }
}

const clientText = (row) =>
  (row.client_name ? `${format.visible(row.client_name)} ` : '') + format.visible(row.client);

// One bar of all stages, and in words the longest, which is what is to be looked at.
function drawStages(cell, row) {
  const stages = stagesOf(row);
  const bar = only(cell, () => element('span', { class: 'stages' },
    element('span', { class: 'stage-bar', 'aria-hidden': 'true' },
      ...stages.map(([name]) => element('i', { 'data-stage': name }))), element('span')));
  const [parts, words] = bar.children;
  stages.forEach(([, us], i) => {
    parts.children[i].style.flexGrow = String(us);
  });
  const name = longestStage(row);
  setText(words, `${name} ${format.percent(row.stages_us[name] / row.total_us)}`);
  setAttribute(cell, 'title',
    stages.map(([stage, us]) => `${stage} ${format.micros(us)}`).join(', '));
}

function drawLegend(entry) {
  const legend = place('stages');
  if (legend.childElementCount) return;
  legend.append(...stagesOf(entry).map(([name]) => element('span', { title: kWords[name] ?? '' },
    element('i', { 'data-stage': name }), name)));
}
