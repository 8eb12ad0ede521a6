// The only places where elements are made; what comes from the server becomes text, never markup.

// `attributes` with class, title, ...; `children` are elements or strings.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export const place = (id) => document.getElementById(id);

// Touches the page only where something changes, so that selections and readers are left alone.
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

// A custom property of style.css as a colour.
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export const kShardColours = 8;

// Of the shard at an index: repeats itself after eight; names stand beside it everywhere.
export const shardColour = (index) => colour(`--shard-${index % kShardColours}`);
