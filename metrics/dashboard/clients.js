// The connected clients, those that matter first: who does not read, who waits, who moves the most
// bytes; rates are between two answers.
import { place, setText } from './dom.js';
import * as format from './format.js';
import { cutText, Table } from './table.js';

const kShown = 50;
// Bytes that wait for a client: that many mean that it does not read what it asks for.
export const kWaitsForReader = 1 << 20;

const number = (title, text, help) => ({ title, help, kind: 'number', text });

export class Clients {
  constructor() {
    this.before_ = new Map();  // id -> client, of the answer before
    this.table_ = new Table(place('clients').querySelector('.scroll'), [
      { title: 'Client', kind: 'key', draw: cutText((row) => format.visible(row.address)) },
      { title: 'Name', kind: 'client', draw: cutText((row) =>
        format.visible(row.name || format.kAbsent)) },
      { title: 'User', kind: 'word', text: (row) => format.visible(row.user) },
      number('In/s', (row) => format.bytes(row.in)),
      number('Out/s', (row) => format.bytes(row.out)),
      { title: 'Last', kind: 'word', text: (row) => format.visible(row.last_command) },
      number('Pending', (row) => format.count(row.pending), 'requests without a reply'),
      number('Unread', (row) => format.bytes(row.output_bytes), 'replies that it has not taken'),
      number('Idle', (row) => format.duration(row.idle_seconds * 1000)),
      number('Age', (row) => format.duration(row.age_seconds * 1000)),
      number('DB', (row) => String(row.database)),
      number('RESP', (row) => String(row.protocol)),
    ], 'Nobody is connected.');
  }

  // `list` of /api/v1/clients, as it was at `atMs` of any clock.
  show(list, atMs) {
    const seconds = (atMs - this.atMs_) / 1000;
    const rows = list.clients.map((client) => {
      const before = this.before_.get(client.id);
      const rate = (name) => (before ? Math.max(0, client[name] - before[name]) / seconds : null);
      return { ...client, in: rate('bytes_in'), out: rate('bytes_out') };
    });
    const unread = (row) => (row.output_bytes >= kWaitsForReader ? row.output_bytes : 0);
    rows.sort((a, b) => unread(b) - unread(a) || b.pending - a.pending ||
      (b.in + b.out) - (a.in + a.out) || a.id - b.id);
    this.before_ = new Map(list.clients.map((client) => [client.id, client]));
    this.atMs_ = atMs;
    const shown = Math.min(kShown, rows.length);
    setText(place('clients-note'), `${format.count(list.total)} connected` + (shown < list.total
      ? `, ${shown} shown: first who does not read, then who waits, then by traffic` : ''));
    this.table_.show(rows.slice(0, kShown), (row) => String(row.id),
      (row) => (row.output_bytes >= kWaitsForReader ? 'bad' : ''));
  }

  clear(why) {
    setText(place('clients-note'), '');
    this.table_.clear(why);
  }
}
