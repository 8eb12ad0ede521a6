// The last second in a row of numbers.
import { element, place, setText } from './dom.js';
import * as format from './format.js';

const kNoTime = 'of all requests; those that no shard is asked for count as 0: hits of the cache, ' +
  'what the proxy answers itself, and what is queued behind MULTI';

// `text(sample)` of /api/v1/history.
const kTiles = [
  { title: 'Requests/s', text: (s) => format.short(s.requests) },
  { title: 'Errors/s', text: (s) => format.short(s.errors), isBad: (s) => s.errors > 0 },
  { title: 'p50', help: kNoTime, text: (s) => format.micros(s.requests > 0 ? s.p50_us : null) },
  { title: 'p99', help: kNoTime, text: (s) => format.micros(s.requests > 0 ? s.p99_us : null) },
  { title: 'p99.9', help: kNoTime, text: (s) => format.micros(s.requests > 0 ? s.p999_us : null) },
  { title: 'Cache hits', text: (s) => {
    const looked = s.cache_hits + s.cache_misses;
    return looked > 0 ? format.percent(s.cache_hits / looked) : format.kAbsent;
  } },
  { title: 'Connections', text: (s) => format.count(s.connections) },
  { title: 'In', text: (s) => `${format.bytes(s.bytes_in)}/s` },
  { title: 'Out', text: (s) => `${format.bytes(s.bytes_out)}/s` },
];

export class Tiles {
  constructor() {
    this.values_ = kTiles.map(({ title, help }) => {
      const value = element('dd', {}, format.kAbsent);
      const tile = element('div', {}, element('dt', {}, title), value);
      if (help) tile.title = help;
      place('tiles').append(tile);
      return value;
    });
  }

  show(sample) {
    kTiles.forEach(({ text, isBad }, i) => {
      setText(this.values_[i], text(sample));
      this.values_[i].classList.toggle('bad', isBad !== undefined && isBad(sample));
    });
  }

  clear() {
    for (const value of this.values_) setText(value, format.kAbsent);
  }
}
