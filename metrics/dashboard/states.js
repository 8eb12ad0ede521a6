// The states of a shard: the word, and the sign that tells them apart without colour.
import { setAttribute, setText } from './dom.js';
import { visible } from './format.js';

export const kUp = 'up';
export const kDown = 'down';

const kSigns = { up: '●', degraded: '◐', down: '✕' };

// Into a cell: the sign, and the word beside it.
export function drawState(cell, state) {
  setText(cell, `${kSigns[state] ?? '?'} ${visible(state)}`);
  setAttribute(cell, 'data-state', state in kSigns ? state : 'unknown');
}
