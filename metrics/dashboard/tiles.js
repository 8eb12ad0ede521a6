// The last second in a row of numbers.
import { element, place, setText } from './dom.js';
import * as format from './format.js';

// `of(sample)` of /api/v1/history gives the text.
const kTiles = [
  ['Requests/s', (s) => format.short(s.requests)],
  ['Errors/s', (s) => format.short(s.errors), (s) => s.errors > 0],
  ['p50', (s) => format.micros(s.requests > 0 ? s.p50_us : null)],
  ['p99', (s) => format.micros(s.requests > 0 ? s.p99_us : null)],
  ['p99.9', (s) => format.micros(s.requests > 0 ? s.p999_us : null)],
  ['Cache hits', (s) => {
    const looked = s.cache_hits + s.cache_misses;
    return looked > 0 ? format.percent(s.cache_hits / looked) : format.kAbsent;
  }],
  ['Connections', (s) => format.count(s.connections)],
  ['In', (s) => `${format.bytes(s.bytes_in)}/s`],
  ['Out', (s) => `${format.bytes(s.bytes_out)}/s`],
];

export class Tiles {
  constructor() {
    this.values_ = kTiles.map(([title]) => {
      const value = element('dd', {}, format.kAbsent);
      place('tiles').append(element('div', {}, element('dt', {}, title), value));
      return value;
    });
  }

  show(sample) {
    kTiles.forEach(([, text, isBad], i) => {
      setText(this.values_[i], text(sample));
      this.values_[i].classList.toggle('bad', isBad !== undefined && isBad(sample));
    });
  }

  clear() {
    for (const value of this.values_) setText(value, format.kAbsent);
  }
}
