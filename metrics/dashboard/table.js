// A table that is filled again each second: rows keep their elements, so that focus, selection and
// the place that was scrolled to stay.
import { element, setText } from './dom.js';

export class Table {
  // `columns`: {title, help?, kind?, text(row)} or {title, ..., draw(cell, row)}; `kind` is a class:
  // "number", "key", ... `empty` is said where there are no rows.
  constructor(parent, columns, empty) {
    this.columns_ = columns;
    this.empty_ = empty;
    this.rows_ = new Map();  // key -> <tr>
    const head = element('tr');
    for (const { title, help, kind } of columns) {
      const cell = element('th', { scope: 'col', class: kind ?? '' }, title);
      if (help) cell.title = help;
      head.append(cell);
    }
    this.body_ = element('tbody');
    this.note_ = element('p', { class: 'empty' });
    parent.append(element('table', {}, element('thead', {}, head), this.body_), this.note_);
    this.note_.hidden = true;
  }

  // `keyOf(row)` tells rows apart; `classOf(row)`, if given, is the class of its <tr>.
  show(rows, keyOf, classOf = () => '') {
    const before = this.rows_;
    this.rows_ = new Map();
    let at = this.body_.firstElementChild;
    for (const row of rows) {
      const key = keyOf(row);
      if (this.rows_.has(key)) continue;
      let line = before.get(key);
      before.delete(key);
      if (!line) line = this.line_();
      this.rows_.set(key, line);
      this.columns_.forEach((column, i) => {
        if (column.draw) column.draw(line.cells[i], row);
        else setText(line.cells[i], column.text(row));
      });
      const name = classOf(row);
      if (line.className !== name) line.className = name;
      if (line === at) at = at.nextElementSibling;
      else this.body_.insertBefore(line, at);
    }
    for (const line of before.values()) line.remove();
    this.say_(rows.length ? '' : this.empty_);
  }

  // Nothing to show, and why.
  clear(why) {
    this.show([], () => '');
    this.say_(why);
  }

  line_() {
    const line = element('tr');
    this.columns_.forEach(({ kind }, i) => {
      const name = kind ?? '';
      line.append(i === 0 ? element('th', { scope: 'row', class: name })
        : element('td', { class: name }));
    });
    return line;
  }

  say_(text) {
    setText(this.note_, text);
    this.note_.hidden = text === '';
  }
}

// `draw` of a column whose text may be longer than its place: the whole of it in the tooltip.
export function cutText(text) {
  return (cell, row) => {
    const whole = text(row);
    setText(cell, whole);
    if (cell.title !== whole) cell.title = whole;
  };
}

// The one child of a cell, made by the first call.
export function only(cell, make) {
  if (!cell.firstElementChild) cell.append(make());
  return cell.firstElementChild;
}
