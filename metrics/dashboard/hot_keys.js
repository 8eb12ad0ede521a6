// The keys of a pool that are asked for most: rate, share, whether the cache answers, since when.
import { element, place, setText } from './dom.js';
import * as format from './format.js';
import { drawShare } from './shards.js';
import { only, Table } from './table.js';

// `explain(text)` shows where a key is.
export class HotKeys {
  constructor(explain, sinceOf) {
    this.table_ = new Table(place('hot-keys').querySelector('.scroll'), [
      { title: 'Key', kind: 'key', draw: (cell, row) => drawKey(cell, row, explain) },
      { title: 'Hot since', kind: 'number', help: 'or longer, where the page has not seen it become hot',
        text: (row) => (isHot(row) ? format.since(sinceOf(row)) : format.kAbsent) },
      { title: 'Shard', kind: 'word', text: (row) => format.visible(row.shard ?? format.kAbsent) },
      { title: 'Requests/s', kind: 'number', text: (row) => format.short(row.requests_per_second) },
      { title: 'Share', kind: 'bar', help: 'of the pool\'s requests',
        draw: (cell, row) => drawShare(cell, row.share) },
      { title: 'Cached', kind: 'word', text: (row) => (row.cached ? 'yes' : 'no') },
      { title: 'Writes/s', kind: 'number', text: (row) => format.short(row.writes_per_second) },
      { title: 'Bytes/s', kind: 'number', text: (row) => format.bytes(row.bytes_per_second) },
    ], 'No key stands out.');
  }

  // `pool` of /api/v1/hotkeys.
  show(pool) {
    const hot = pool.keys.filter(isHot).length;
    setText(place('hot-keys-note'), pool.detects
      ? `${hot} hot, ${pool.keys.length - hot} more among the busiest` : 'detection is off');
    this.table_.show(pool.keys, (row) => `${row.encoding} ${row.key}`,
      (row) => (isHot(row) ? 'hot' : 'quiet-row'));
  }

  clear(why) {
    setText(place('hot-keys-note'), '');
    this.table_.clear(why);
  }
}

export const isHot = (key) => key.by.length > 0;

// The key's own name, as a button where the server can be asked about it.
export function drawKey(cell, row, explain) {
  const text = format.keyText(row);
  const button = only(cell, () => element('button', { type: 'button', class: 'link key-name' }));
  setText(button, text);
  button.title = text;
  button.disabled = row.cut || (row.encoding ?? 'utf8') !== 'utf8';
  button.onclick = () => explain(row.key);
}
