// The charts of the last five minutes, drawn by uPlot: one for each group of values that share a
// unit. Each has its latest values, or those under the cursor, as text beside its name.
import { colour, element, place, setAttribute, setText } from './dom.js';
import * as format from './format.js';

const kWindowSeconds = 300;

const ratio = (part, rest) => (part + rest > 0 ? part / (part + rest) : null);
// There is none of no requests.
const percentile = (name) => (s) => (s.requests > 0 ? s[name] : null);

// `of` takes a sample of /api/v1/history.
const kCharts = [
  { title: 'Requests', unit: (v) => `${format.short(v)}/s`, least: 5,
    series: [{ name: '', colour: '--line-1', of: (s) => s.requests }] },
  { title: 'Latency', unit: format.micros, isLog: true,
    series: [{ name: 'p50', colour: '--line-1', of: percentile('p50_us') },
      { name: 'p99', colour: '--line-2', of: percentile('p99_us') },
      { name: 'p99.9', colour: '--line-3', of: percentile('p999_us') }] },
  { title: 'Errors', unit: (v) => `${format.short(v)}/s`, least: 5,
    series: [{ name: '', colour: '--line-2', of: (s) => s.errors }] },
  { title: 'Cache hits', unit: format.percent, range: [0, 1.03],
    series: [{ name: '', colour: '--line-1', of: (s) => ratio(s.cache_hits, s.cache_misses) }] },
  { title: 'Network', unit: (v) => `${format.bytes(v)}/s`, least: 4096, incrs: powers(2),
    series: [{ name: 'in', colour: '--line-1', of: (s) => s.bytes_in },
      { name: 'out', colour: '--line-2', of: (s) => s.bytes_out }] },
  { title: 'Connections', unit: format.count, least: 5,
    series: [{ name: '', colour: '--line-1', of: (s) => s.connections }] },
];

class Chart {
  constructor(parent, chart, sync) {
    this.chart_ = chart;
    this.sync_ = sync;
    this.values_ = element('span', { class: 'chart-values' });
    for (const { name } of chart.series) {
      this.values_.append(element('span', {}, element('i'), element('b', {}, name),
        element('output')));
    }
    this.plot_ = element('div', { class: 'plot', tabindex: '0', role: 'img' });
    parent.append(element('div', { class: 'chart' },
      element('h3', {}, chart.title, this.values_), this.plot_));
    this.data_ = [[], ...chart.series.map(() => [])];
    this.plot_.addEventListener('keydown', (event) => this.onKey_(event));
    this.plot_.addEventListener('blur', () => this.pointAt_(null));
    new ResizeObserver(() => this.resize_()).observe(this.plot_);
    document.addEventListener('theme', () => this.build_());
    this.describe_();
  }

  show(samples) {
    const end = samples.length ? samples[samples.length - 1].unix_ms / 1000 : 0;
    this.data_ = [samples.map((s) => s.unix_ms / 1000),
      ...this.chart_.series.map(({ of }) => samples.map((s) => {
        const value = of(s);
        return typeof value === 'number' ? value : null;
      }))];
    this.end_ = end;
    if (this.u_) this.u_.setData(this.data_);
    else this.build_();
    this.describe_();
  }

  resize_() {
    if (this.u_) this.u_.setSize(this.size_());
    else this.build_();
  }

  size_() {
    return { width: Math.max(80, this.plot_.clientWidth), height: this.plot_.clientHeight };
  }

  build_() {
    if (this.plot_.clientWidth === 0 || this.data_[0].length === 0) return;
    this.u_?.destroy();
    const { chart_: chart } = this;
    const axis = {
      stroke: colour('--quiet'), font: '11px system-ui, sans-serif', ticks: { show: false },
      grid: { stroke: colour('--grid'), width: 1 },
    };
    chart.series.forEach(({ colour: name }, i) => {
      this.values_.children[i].firstElementChild.style.background = colour(name);
    });
    this.u_ = new uPlot({
      ...this.size_(),
      padding: [6, 16, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: this.sync_ }, drag: { x: false, y: false }, y: false,
        points: { size: 6 } },
      scales: {
        x: { time: true, range: () => [this.end_ - kWindowSeconds, this.end_] },
        y: this.scale_(),
      },
      axes: [
        { ...axis, size: 22, space: 44, incrs: [60, 120, 300],
          values: (u, at) => at.map((s) => hoursAndMinutes(s)) },
        { ...axis, size: 54, space: 28,
          ...(chart.incrs ? { incrs: chart.incrs } : {}),
          ...(chart.isLog ? { splits: (u, i, min, max) => logSteps(min, max) } : {}),
          filter: (u, at) => at,
          values: (u, at) => at.map((v) => withoutZeros(chart.unit(v).replace('/s', ''))) },
      ],
      series: [{}, ...chart.series.map(({ colour: name }) => ({
        stroke: colour(name), width: 1.5, spanGaps: false, points: { show: false },
        ...(chart.series.length === 1 ? { fill: `${colour(name)}1f` } : {}),
      }))],
      hooks: { setCursor: [() => this.describe_()] },
    }, this.data_, this.plot_);
    this.describe_();
  }

  scale_() {
    const { range, isLog, least } = this.chart_;
    if (range) return { range };
    // What is less than the unit stands at the bottom.
    if (isLog) {
      const least = () => this.data_.slice(1).some((values) => values.includes(0));
      return { distr: 3, clamp: 1, range: (u, min, max) => logRange(least() ? 1 : min, max) };
    }
    return { range: (u, min, max) => [0, Math.max(least, (max ?? 0) * 1.08)] };
  }

  // The values under the cursor, or the latest.
  describe_() {
    const last = this.data_[0].length - 1;
    const at = this.u_?.cursor.idx ?? last;
    this.chart_.series.forEach((series, i) => {
      const value = at >= 0 ? this.data_[i + 1][at] : null;
      setText(this.values_.children[i].lastElementChild, this.chart_.unit(value));
    });
    setAttribute(this.plot_, 'aria-label', this.words_(last));
  }

  words_(last) {
    if (last < 0) return `${this.chart_.title}: nothing yet`;
    const { unit } = this.chart_;
    const each = this.chart_.series.map(({ name }, i) => {
      const known = this.data_[i + 1].filter((v) => v !== null);
      if (!known.length) return `${name} nothing`;
      const least = known.reduce((a, b) => Math.min(a, b));
      const most = known.reduce((a, b) => Math.max(a, b));
      return `${name} now ${unit(this.data_[i + 1][last])}, from ${unit(least)} to ${unit(most)}`;
    });
    return `${this.chart_.title} of the last five minutes: ${each.join('; ')}`;
  }

  // Arrow keys move the cursor, as the mouse does.
  onKey_(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30 }[event.key];
    const last = this.data_[0].length - 1;
    if (event.key === 'Escape') this.pointAt_(null);
    if (!step || !this.u_ || last < 0) return;
    event.preventDefault();
    const from = this.u_.cursor.idx ?? last;
    this.pointAt_(Math.min(last, Math.max(0, from + step)));
  }

  pointAt_(index) {
    if (!this.u_) return;
    if (index === null) this.u_.setCursor({ left: -10, top: -10 });
    else this.u_.setCursor({ left: this.u_.valToPos(this.data_[0][index], 'x'), top: 10 });
  }
}

// 1, 2, 5, 10, ...: so that the scale does not move with each sample.
const kSteps = powers(10).flatMap((power) => [power, 2 * power, 5 * power]);

function logRange(min, max) {
  if (!(min > 0)) return [100, 10000];
  const from = kSteps.findLast((step) => step <= min) ?? 1;
  return [from, Math.max(kSteps.find((step) => step >= max) ?? max, from * 10)];
}

function logSteps(min, max) {
  const steps = max / min > 200 ? powers(10) : kSteps;
  return steps.filter((step) => step >= min && step <= max);
}

function powers(base) {
  return Array.from({ length: Math.ceil(14 / Math.log10(base)) }, (_, i) => base ** i);
}

// "10.0 ms" is "10 ms" at an axis.
const withoutZeros = (text) => text.replace(/\.0+(?=\D|$)/, '');

function hoursAndMinutes(seconds) {
  return format.clock(seconds * 1000).slice(-8, -3);
}

export class Charts {
  constructor() {
    this.charts_ = kCharts.map((chart) => new Chart(place('charts'), chart, 'slotway'));
  }
  show(samples) {
    for (const chart of this.charts_) chart.show(samples);
  }
}
