// Where a key is and how it gets there, as the server explains it.
import { place, setText } from './dom.js';
import * as format from './format.js';

export class Explain {
  // `poolQuery()` is what to add to the query; `mark(slot)` shows it on the map.
  constructor(api, poolQuery, mark) {
    this.api_ = api;
    this.poolQuery_ = poolQuery;
    this.mark_ = mark;
    this.input_ = place('explain-key');
    place('explain').addEventListener('submit', (event) => {
      event.preventDefault();
      this.ask(this.input_.value);
    });
  }

  async ask(key) {
    this.input_.value = key;
    const answer = place('explain-answer');
    const { status, body } =
      await this.api_.get(`api/v1/route?key=${encodeURIComponent(key)}${this.poolQuery_()}`);
    if (status !== 200) {
      setText(answer, status === 404 ? 'Not available: this server has no such page.'
        : `No answer: ${format.visible(body?.error ?? `status ${status}`)}`);
      return;
    }
    this.mark_(body.slot);
    const tag = body.hash_tag === null ? '' : ` (hash tag ${format.visible(body.hash_tag)})`;
    setText(answer, [`Slot ${format.count(body.slot)}${tag}`,
      ...(body.shard === null ? ['no shard'] : [
        `shard ${format.visible(body.shard)} at ${format.visible(body.address)}, ` +
        format.visible(body.state),
        `reads go to ${body.reads_go_to.map(format.visible).join(' or ') || 'nobody'}`]),
      body.cached ? 'cached' : `not cached: ${format.visible(body.why)}`].join(' · '));
  }
}
