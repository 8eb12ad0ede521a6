// The shards of a pool: state and since when, load and its share, errors, latency, connections.
import { element, place, setText, shardColour } from './dom.js';
import * as format from './format.js';
import { drawState } from './states.js';
import { cutText, only, Table } from './table.js';

const number = (title, text, help) => ({ title, help, kind: 'number', text });

export class Shards {
  // `sinceOf(shard)`: {atMs, isExact} of its state, or nothing.
  constructor(sinceOf) {
    this.all_ = 0;
    const rate = (name) => (row) => format.short(row[name]);
    const percentile = (name) => (row) =>
      format.micros(row.requests_per_second > 0 ? row[name] : null);
    this.table_ = new Table(place('shards').querySelector('.scroll'), [
      { title: 'Shard', kind: 'key', draw: drawName },
      { title: 'State', kind: 'state', draw: (cell, row) => drawState(cell, row.state) },
      { title: 'Since', kind: 'number', text: (row) => sinceText(row, sinceOf(row)) },
      { title: 'Address', kind: 'address', draw: cutText((row) => format.visible(row.address) +
        (row.replicas.length ? ` + ${row.replicas.map(format.visible).join(', ')}` : '')) },
      number('Slots', (row) => format.count(row.slots)),
      number('Requests/s', rate('requests_per_second')),
      { title: 'Share', kind: 'bar', help: 'of the pool\'s requests',
        draw: (cell, row) => drawShare(cell, this.all_ ? row.requests_per_second / this.all_ : undefined) },
      number('Errors/s', rate('errors_per_second'),
        'error replies, time-outs, lost connections, and what was refused at once'),
      number('p50', percentile('p50_us')),
      number('p99', percentile('p99_us')),
      number('Bytes/s', (row) => format.bytes(row.bytes_per_second)),
      number('In flight', (row) => format.count(row.in_flight), 'requests that wait for a reply'),
      number('Workers', (row) => `${row.answering_workers}/${row.workers}`,
        'workers of the proxy that this shard answers'),
      number('Breakers', (row) => format.count(row.breakers_open), 'open circuit breakers'),
      number('Timeouts', (row) => format.count(row.timeouts), 'since the start'),
      number('Refused', (row) => format.count(row.refused),
        'requests that failed at once, for the shard was out of reach; since the start'),
      number('Reconnects', (row) => format.count(row.reconnects), 'since the start'),
    ], 'The pool has no shards.');
  }

  // `pool` of /api/v1/shards.
  show(pool) {
    this.all_ = pool.shards.reduce((sum, shard) => sum + (shard.requests_per_second ?? 0), 0);
    const down = pool.shards.filter((shard) => shard.state !== 'up').length;
    setText(place('shards-note'), [
      down ? `${down} of ${pool.shards.length} not up` : `all ${pool.shards.length} up`,
      `reads from ${format.visible(pool.read_from).replaceAll('_', ' ')}`,
      `busiest to mean ${ratio(pool.request_skew)} by requests, ${ratio(pool.byte_skew)} by bytes`,
    ].join(' · '));
    // Those that need somebody first; else as in the configuration, like the colours.
    const rows = pool.shards.map((shard, index) => ({ ...shard, index }));
    rows.sort((x, y) => (x.state === 'up') - (y.state === 'up'));
    this.table_.show(rows, (row) => row.name, (row) => (row.state === 'up' ? '' : 'bad'));
  }

  clear(why) {
    setText(place('shards-note'), '');
    this.table_.clear(why);
  }
}

const ratio = (value) => (typeof value === 'number' ? value.toFixed(2) : format.kAbsent);

// Since when it is up is news only where the server or the page has seen it come up.
const sinceText = (row, since) =>
  (since?.isExact || row.state !== 'up' ? format.since(since) : format.kAbsent);

function drawName(cell, row) {
  const name = only(cell, () => element('span', { class: 'swatch' }, element('i'),
    element('span')));
  name.firstElementChild.style.background = shardColour(row.index);
  setText(name.lastElementChild, format.visible(row.name));
}

// A bar behind a number, for a share in 0..1.
export function drawShare(cell, share) {
  const bar = only(cell, () => element('span', { class: 'share' }, element('i'), element('span')));
  bar.firstElementChild.style.width = `${Math.min(1, Math.max(0, share || 0)) * 100}%`;
  setText(bar.lastElementChild, format.percent(share));
}
