// The 16,384 slots of a pool as a picture, 128 in a row: whose they are, or what load they bear.
import { colour, element, kShardColours, place, setHidden, setText, shardColour } from './dom.js';
import * as format from './format.js';
import { kDown } from './states.js';

const kSlots = 16384;
const kRow = 128;
const kLegend = 12;  // shards named in the legend
const kLoadSteps = 6;  // --load-0 to --load-5, from little to much

export class SlotMap {
  constructor() {
    this.box_ = place('slot-map');
    this.canvas_ = this.box_.querySelector('canvas');
    this.marker_ = this.box_.querySelector('.marker');
    this.readout_ = place('slot-readout');
    this.legend_ = place('slot-legend');
    this.by_ = 'shard';
    this.at_ = null;  // the slot that is looked at
    this.owners_ = new Int32Array(kSlots).fill(-1);
    this.rates_ = null;  // requests/s of each slot, or null before the second answer
    this.shards_ = new Map();
    for (const radio of document.querySelectorAll('input[name=slots-by]')) {
      radio.addEventListener('change', () => {
        this.by_ = radio.value;
        this.draw_();
      });
    }
    this.canvas_.addEventListener('pointermove', (event) => this.look_(this.slotAt_(event)));
    this.canvas_.addEventListener('pointerdown', (event) => this.look_(this.slotAt_(event)));
    this.canvas_.addEventListener('pointerleave', () => this.leave_());
    this.canvas_.addEventListener('focus', () => this.look_(this.at_ ?? 0));
    this.canvas_.addEventListener('blur', () => this.leave_());
    this.canvas_.addEventListener('keydown', (event) => this.onKey_(event));
    document.addEventListener('theme', () => this.draw_());
  }

  // `pool` of /api/v1/slots, as it was at `atMs` of any clock.
  show(pool, atMs) {
    const known = pool.name === this.pool_ && this.load_ && pool.load;
    this.rates_ = known ? this.since_(pool.load, atMs) : null;
    this.load_ = pool.load;
    this.loadAtMs_ = atMs;
    this.pool_ = pool.name;
    this.names_ = pool.shards;
    this.ranges_ = pool.ranges;
    this.owners_.fill(-1);
    for (const [first, last, shard] of pool.ranges) this.owners_.fill(shard, first, last + 1);
    this.draw_();
    this.say_();
  }

  // Of the same pool, from /api/v1/shards.
  showShards(shards) {
    this.shards_ = new Map(shards.map((shard) => [shard.name, shard]));
    this.draw_();
    this.say_();
  }

  clear(why) {
    setText(this.readout_, why);
  }

  // Shows where a key is.
  mark(slot) {
    this.at_ = slot;
    this.say_();
  }

  // What each slot got a second since the answer before; null after a restart.
  since_(load, atMs) {
    const seconds = (atMs - this.loadAtMs_) / 1000;
    const rates = load.map((total, slot) => (total - this.load_[slot]) / seconds);
    return rates.some((rate) => rate < 0) ? null : rates;
  }

  draw_() {
    if (!this.ranges_) return;
    const context = this.canvas_.getContext('2d');
    const image = context.createImageData(kRow, kRow);
    const nobody = rgb(colour('--nobody'));
    const paint = this.by_ === 'load' ? this.loadPaint_() : this.shardPaint_(nobody);
    for (let slot = 0; slot < kSlots; ++slot) {
      image.data.set(this.owners_[slot] < 0 ? nobody : paint(slot), slot * 4);
    }
    context.putImageData(image, 0, 0);
    this.drawLegend_();
  }

  shardPaint_(nobody) {
    const colours = this.names_.map((_, i) => rgb(shardColour(i)));
    const isDown = this.names_.map((name) => this.shards_.get(name)?.state === kDown);
    // A shard that is down is hatched.
    return (slot) => {
      const owner = this.owners_[slot];
      const hatched = isDown[owner] && (slot % kRow + Math.floor(slot / kRow)) % 4 < 2;
      return hatched ? nobody : colours[owner];
    };
  }

  // By the logarithm: between idle and busiest lie powers of ten.
  loadPaint_() {
    const steps = Array.from({ length: kLoadSteps }, (_, i) => rgb(colour(`--load-${i}`)));
    const most = Math.log1p(this.most_());
    return (slot) => {
      const rate = this.rates_ ? this.rates_[slot] : 0;
      if (!(rate > 0) || most === 0) return steps[0];
      return between(steps, Math.log1p(rate) / most);
    };
  }

  most_() {
    return this.rates_ ? this.rates_.reduce((a, b) => Math.max(a, b), 0) : 0;
  }

  drawLegend_() {
    const parts = this.by_ === 'load' ? this.loadLegend_() : this.shardLegend_();
    this.legend_.replaceChildren(...parts);
  }

  shardLegend_() {
    const parts = this.names_.slice(0, kLegend).map((name, i) => {
      const swatch = element('i');
      swatch.style.background = shardColour(i);
      const down = this.shards_.get(name)?.state === kDown;
      return element('span', {}, swatch, format.visible(name) + (down ? ' (down)' : ''));
    });
    const more = this.names_.length - kLegend;
    if (more > 0) parts.push(element('span', {}, `and ${more} more`));
    if (this.names_.length > kShardColours) parts.push(element('span', {}, '(colours repeat)'));
    return parts;
  }

  loadLegend_() {
    if (!this.load_) return [element('span', {}, 'Not available: the server does not say.')];
    if (!this.rates_) return [element('span', {}, 'Measuring, until the next answer')];
    const ramp = Array.from({ length: kLoadSteps }, (_, i) => {
      const swatch = element('i');
      swatch.style.background = colour(`--load-${i}`);
      return swatch;
    });
    const most = this.most_();
    const slot = this.rates_.indexOf(most);
    const go = element('button', { type: 'button', class: 'link' },
      `busiest: slot ${format.count(slot)}, ${format.short(most)}/s`);
    go.addEventListener('click', () => this.mark(slot));
    return [element('span', { class: 'ramp' }, '0 ', ...ramp,
      ` ${format.short(most)}/s to shards`),
      ...(most > 0 ? [go] : [])];
  }

  slotAt_(event) {
    const box = this.canvas_.getBoundingClientRect();
    const at = (offset, size) =>
      Math.min(kRow - 1, Math.max(0, Math.floor((offset / size) * kRow)));
    return at(event.clientY - box.top, box.height) * kRow + at(event.clientX - box.left, box.width);
  }

  onKey_(event) {
    const at = this.at_ ?? 0;
    const [first, last] = this.ranges_?.find(([a, b]) => at >= a && at <= b) ?? [0, kSlots - 1];
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - kRow, ArrowDown: at + kRow,
      PageUp: at - kRow, PageDown: at + kRow, Home: first, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.look_(Math.min(kSlots - 1, Math.max(0, to)));
  }

  look_(slot) {
    if (slot === this.at_) return;
    this.at_ = slot;
    this.say_();
  }

  // The pointer has gone: what the keyboard looks at stays.
  leave_() {
    if (document.activeElement === this.canvas_) return;
    this.at_ = null;
    this.say_();
  }

  say_() {
    setHidden(this.marker_, this.at_ === null);
    if (!this.ranges_) return;
    if (this.at_ === null) {
      setText(this.readout_, `${format.count(kSlots)} slots, ${this.names_.length} shards; ` +
        'point at one, or use the arrow keys.');
      return;
    }
    const slot = this.at_;
    this.marker_.style.left = `${(slot % kRow + 0.5) * 100 / kRow}%`;
    this.marker_.style.top = `${(Math.floor(slot / kRow) + 0.5) * 100 / kRow}%`;
    setText(this.readout_, this.words_(slot));
  }

  words_(slot) {
    const owner = this.owners_[slot];
    const range = this.ranges_.find(([first, last]) => slot >= first && slot <= last);
    const parts = [`Slot ${format.count(slot)}`];
    if (owner < 0) {
      parts.push('no owner');
    } else {
      const name = this.names_[owner];
      const shard = this.shards_.get(name);
      parts.push(`shard ${format.visible(name)}${shard ? `, ${format.visible(shard.state)}` : ''}`);
    }
    if (range) parts.push(`range ${format.count(range[0])} to ${format.count(range[1])}`);
    if (this.rates_) {
      const all = this.rates_.reduce((a, b) => a + b, 0);
      const share = all > 0 ? `, ${format.percent(this.rates_[slot] / all)} of all` : '';
      parts.push(`${format.short(this.rates_[slot])} requests/s${share}`);
    }
    return parts.join(' · ');
  }
}

// "#rrggbb" as the four bytes of a pixel.
function rgb(text) {
  const value = parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255, 255];
}

// `at` in 0..1, along the colours.
function between(colours, at) {
  const place = Math.min(1, Math.max(0, at)) * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(place));
  return colours[low].map((from, i) => from + (colours[low + 1][i] - from) * (place - low));
}
