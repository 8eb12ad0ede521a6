// How numbers, times and names of the server are written; plain functions that give strings.

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const kAbsent = '–';

const absent = (value) => typeof value !== 'number' || !Number.isFinite(value);

// 16,384
export function count(value) {
  return absent(value) ? kAbsent : whole.format(value);
}

// Three digits: 0.85, 12.3, 417; 48.2 k, 1.20 M
export function short(value) {
  if (absent(value)) return kAbsent;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 999.5e6) return `${digits(value / 1e9)} G`;
  if (size >= 999.5e3) return `${digits(value / 1e6)} M`;
  if (size >= 9999.5) return `${digits(value / 1e3)} k`;
  return size >= 999.5 ? whole.format(value) : Number.isInteger(value) ? `${value}` : digits(value);
}

function digits(value) {
  const size = Math.abs(value);
  return size >= 99.95 ? value.toFixed(0) : size >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export function bytes(value) {
  if (absent(value)) return kAbsent;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let left = value;
  while (Math.abs(left) >= 1023.5 && unit < units.length - 1) {
    left /= 1024;
    ++unit;
  }
  return `${unit === 0 ? Math.round(left) : digits(left)} ${units[unit]}`;
}

// 850 µs, 1.24 ms, 2.30 s; whole ones are what the server gives
export function micros(value) {
  if (absent(value)) return kAbsent;
  if (value >= 999.5e3) return `${digits(value / 1e6)} s`;
  if (value >= 999.5) return `${digits(value / 1e3)} ms`;
  return value < 1 ? '< 1 µs' : `${Math.round(value)} µs`;
}

export function percent(ratio) {
  if (absent(ratio)) return kAbsent;
  const value = ratio * 100;
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(value < 0.95 ? 2 : 1)} %`;
}

// 03:12:07, and the day in front of it where that is another one.
export function clock(unixMs) {
  if (absent(unixMs)) return kAbsent;
  const at = new Date(unixMs);
  const two = (n) => String(n).padStart(2, '0');
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (at.toDateString() === new Date().toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

// {atMs, isExact}: 03:12:07, or "≤ 03:12:07" where it may have been so for longer.
export function since(since) {
  return since ? `${since.isExact ? '' : '≤ '}${clock(since.atMs)}` : kAbsent;
}

// 12 s, 3 min, 2 h 5 min, 4 d
export function duration(ms) {
  if (absent(ms)) return kAbsent;
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d`;
  return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
}

// Characters that show nothing, or that change the order of others, by their number: a name must
// not be able to look like another one.
export function visible(text) {
  return String(text ?? '').replace(
    /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g,
    (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

// A key of /api/v1/hotkeys, whatever it is made of.
export function keyText({ key, encoding, cut }) {
  let text = visible(key);
  if (encoding === 'hash') text = `hash ${text}`;
  if (encoding === 'base64') {
    text = Array.from(atob(key), (c) => (c >= ' ' && c <= '~')
      ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
  }
  return cut ? `${text}…` : text;
}
