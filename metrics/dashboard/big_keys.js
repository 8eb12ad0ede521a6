// The largest requests and replies, by key.
import { place, setText } from './dom.js';
import * as format from './format.js';
import { drawKey } from './hot_keys.js';
import { cutText, Table } from './table.js';

export class BigKeys {
  constructor(explain) {
    this.table_ = new Table(place('big-keys').querySelector('.scroll'), [
      { title: 'Key', kind: 'key', draw: (cell, row) =>
        (row.key ? drawKey(cell, row, explain) : setText(cell, format.kAbsent)) },
      { title: 'Bytes', kind: 'number', text: (row) => format.bytes(row.bytes) },
      { title: 'In', kind: 'word', text: (row) =>
        `${format.visible(row.direction)} of ${format.visible(row.command).toUpperCase()}` },
      { title: 'Times', kind: 'number', text: (row) => format.count(row.times) },
      { title: 'Shard', kind: 'word', text: (row) => format.visible(row.shard || format.kAbsent) },
      { title: 'Last', kind: 'time', text: (row) => format.clock(row.unix_ms) },
      { title: 'Client', kind: 'client', draw: cutText((row) => format.visible(row.client)) },
    ], 'No request or reply was that large.');
  }

  // `list` of /api/v1/bigkeys, of one pool.
  show(list) {
    setText(place('big-keys-note'), list.threshold_bytes === null ? 'off'
      : `requests and replies from ${format.bytes(list.threshold_bytes)}, largest first`);
    this.table_.show(list.entries,
      (row) => `${row.pool} ${row.direction} ${row.command} ${row.key}`);
  }

  clear(why) {
    setText(place('big-keys-note'), '');
    this.table_.clear(why);
  }
}
