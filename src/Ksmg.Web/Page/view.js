// What every view is made of. What a node, a person or a run says becomes text and nothing else: there is no way here to make it markup.

let words = {};

export async function loadWords() {
  words = await (await fetch('words.json')).json();
  document.documentElement.lang = words.language;
}

export const has = key => key in words;

export function say(key, ...values) {
  return (words[key] ?? key).replace(/\{(\d)\}/g, (_, place) => values[place] ?? '');
}

// A number of things: the form that the number wants in the language, as Unicode's plural rules name it.
export const count = (key, number) => say(`${key}.${new Intl.PluralRules(words.language).select(number)}`, number);

export const roleWord = role => role === undefined || role === null ? say('unknown') : has('role.' + role) ? say('role.' + role) : role;

const svgSpace = 'http://www.w3.org/2000/svg';

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined));
  return made;
}

export const html = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(svgSpace, tag), attributes, children);

// Changes a text only where it differs: a screen reader reads nothing twice, and a selection stays.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Brings the children of an element in line with a list. What is there already stays where it is, with the focus it may have.
export function keep(parent, items, keyOf, make, change = () => {}) {
  const known = new Map([...parent.children].map(child => [child.dataset.key, child]));
  let last = null;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = known.get(key);
    if (child === undefined) {
      child = make(item);
      child.dataset.key = key;
    }
    known.delete(key);
    change(child, item);
    const place = last === null ? parent.firstElementChild : last.nextElementSibling;
    if (place !== child) parent.insertBefore(child, place);
    last = child;
  }
  for (const gone of known.values()) gone.remove();
}

// Replaces what is in an element, unless it would be the same.
export function replace(parent, state, make) {
  const wanted = JSON.stringify(state);
  if (parent.shownState === wanted) return;
  parent.shownState = wanted;
  parent.replaceChildren(...[make(state)].flat());
}

export function card(key, kind = '', level = 'h2') {
  const id = 'h-' + key.replace(/\W/g, '-');
  const title = html(level, { id }, say(key));
  const body = html('div');
  return { card: html('section', { class: 'card ' + kind, 'aria-labelledby': id }, title, body), body, title };
}

const kinds = {
  Running: 'is-busy', Paused: 'is-ask', NeedsHuman: 'is-bad', Completed: 'is-good', CompletedWithProblems: 'is-ask', CompletedWithExceptions: 'is-ask',
  RolledBack: 'is-ask', Aborted: 'is-idle', Failed: 'is-bad',
};

export const kindOf = state => kinds[state] ?? 'is-idle';
export const stateWord = state => say('report.end.' + state);
export const stateMark = state => html('span', { class: 'state ' + kindOf(state) }, state ? stateWord(state) : say('unknown'));

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
const day = new Intl.DateTimeFormat(undefined, { day: '2-digit', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

export function time(instant) {
  const at = new Date(instant);
  return Date.now() - at.getTime() < 20 * 3600e3 ? clock.format(at) : day.format(at);
}

export const timeMark = instant => html('time', { datetime: instant, title: instant }, time(instant));

export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 100) return say('time.seconds', seconds);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? say('time.minutes', minutes, seconds % 60) : say('time.hours', Math.floor(minutes / 60), minutes % 60);
}

export const stepWord = id => has('step.' + id) ? say('step.' + id) : id;

export function table(caption, columns, rows) {
  return html('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    html('table', {}, html('caption', {}, caption),
      html('thead', {}, html('tr', {}, columns.map(column => html('th', { scope: 'col' }, say(column))))),
      html('tbody', {}, rows.map(cells => html('tr', {}, cells.map(cell => html('td', {}, cell)))))));
}
