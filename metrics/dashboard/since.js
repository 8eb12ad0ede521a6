// Since when something is so: as the server says, or since the page has seen it.

export class Since {
  constructor(now) {
    this.now_ = now;  // the server's clock, in Unix milliseconds
    this.seen_ = new Map();  // what -> {atMs, isExact}
    this.groups_ = new Set();
  }

  // `what` of a group are those that are so now; `saidMs(key)` what the server says, if it does. What
  // a group has when it is seen first may have been so for long: that is not exact.
  note(group, what, saidMs = () => undefined) {
    const isFirst = !this.groups_.has(group);
    this.groups_.add(group);
    const now = new Set(what.map((key) => `${group} ${key}`));
    for (const name of this.seen_.keys()) {
      if (name.startsWith(`${group} `) && !now.has(name)) this.seen_.delete(name);
    }
    for (const key of what) {
      const said = saidMs(key);
      const name = `${group} ${key}`;
      if (typeof said === 'number') this.seen_.set(name, { atMs: said, isExact: true });
      else if (!this.seen_.has(name)) this.seen_.set(name, { atMs: this.now_(), isExact: !isFirst });
    }
  }

  of(group, key) {
    return this.seen_.get(`${group} ${key}`);
  }

  // After a restart of the server, or another pool.
  forget() {
    this.seen_.clear();
    this.groups_.clear();
  }
}
