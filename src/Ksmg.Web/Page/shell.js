// What every page has: who looks, where they are, how fresh what is shown is, and who is asked for a token.
import { html, loadWords, say, write } from './view.js';

const main = document.getElementById('main');
const root = new URL('.', import.meta.url);
const refreshEach = 5000;
let session = null;
let view = null;
let shown = null;
let page = null;

// Asks the server. What it refuses becomes an error with its own words; who is not known any more is asked for a token.
export async function call(path, { method = 'GET', body } = {}) {
  const answer = await fetch(new URL(path, root), {
    method,
    headers: method === 'GET' ? {} : { 'X-Ksmg': '1', ...(body ? { 'Content-Type': 'application/json' } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const error = new Error(said.problem ?? answer.statusText);
  error.status = answer.status;
  throw error;
}

// How fresh what is shown is: said once, when it changes.
export function tellLink(key, ...values) {
  const link = document.getElementById('link');
  link.className = { 'link.off': 'is-bad', 'link.opening': 'is-ask', 'link.ended': 'is-idle', 'link.ended-back': 'is-idle' }[key] ?? 'is-good';
  write(link, say(key, ...values));
}

export function tell(text) {
  write(document.getElementById('said'), text);
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => write(document.getElementById('said'), ''), 10000);
}

export const pathTo = (...parts) => '#/' + parts.filter(part => part).map(encodeURIComponent).join('/');

// Where the address line leads: the parts of the path, and what is asked for there.
export function place() {
  const [path, asked] = location.hash.replace(/^#\/?/, '').split('?');
  return { parts: path.split('/').filter(part => part).map(decodeURIComponent), asked: new URLSearchParams(asked) };
}

function show(isMove) {
  const { parts } = place();
  const path = pathTo(...parts);
  if (shown === path && view !== null) return view.move();
  shown = path;
  view?.close();
  replacePath(parts);
  view = page.places.find(known => known.match(parts)).make(parts, session);
  main.replaceChildren(view.root);
  view.open();
  if (isMove) main.querySelector('h1')?.focus();
}

function replacePath(parts) {
  const links = [[say(page.home), '#/'], ...parts.map((part, i) => [part, pathTo(...parts.slice(0, i + 1))])];
  document.getElementById('path').replaceChildren(html('ol', {}, links.map(([word, href], i) =>
    html('li', {}, html('a', { href, 'aria-current': i === links.length - 1 ? 'page' : null }, word)))));
}

// A view that asks anew now and then.
export class AskingView {
  constructor(title) {
    this.heading = html('h1', { tabindex: -1 }, title);
    this.problem = html('p', { role: 'alert' });
    this.note = html('p');
    this.body = html('div');
    this.root = html('div', {}, this.heading, this.problem, this.note, this.body);
    document.title = title === say('title') ? title : `${title} – ${say('title')}`;
  }

  open() {
    this.isOpen = true;
    this.ask();
    this.timer = setInterval(() => this.ask(), refreshEach);
  }

  close() {
    this.isOpen = false;
    clearInterval(this.timer);
  }

  // Where the address line asks the same view for something else.
  move() {}

  // What is told, or refused, to who has left is not shown to who looks at something else by now.
  async ask() {
    const path = this.path;
    try {
      const told = await call(path);
      if (!this.isOpen) return;
      this.change(told, path);
      write(this.problem, '');
      this.knownAt = Date.now();
      tellLink('link.on');
    } catch (error) {
      if (!this.isOpen) return;
      if (error.status === 401) signIn();
      else if (error.status) write(this.problem, error.message);
      else tellLink('link.off', new Date(this.knownAt ?? Date.now()).toLocaleTimeString());
    }
  }
}

// Asks for a token, where one is needed.
export function signIn() {
  view?.close();
  view = null;
  const token = html('input', { id: 'token', type: 'password', autocomplete: 'current-password', required: true });
  const problem = html('p', { role: 'alert' });
  main.replaceChildren(html('form', { class: 'card', onsubmit: async event => {
    event.preventDefault();
    try {
      await call('api/session', { method: 'POST', body: { token: token.value } });
      await begin();
    } catch (error) {
      write(problem, error.message);
      token.select();
    }
  } },
  html('h1', { tabindex: -1 }, say('sign-in')), html('p', {}, say('sign-in.text')),
  html('label', { for: 'token' }, say('sign-in.token')), token, problem,
  html('div', { class: 'row' }, html('button', { class: 'first' }, say('sign-in')))));
  token.focus();
}

async function begin() {
  // A link that carries a token is good once, and shall stand neither in the address line nor in the history.
  const [, once, where] = /^#once=([\w-]+)(\/.*)?$/.exec(location.hash) ?? [];
  if (once) {
    history.replaceState(null, '', `${location.pathname}#${where ?? '/'}`);
    await call('api/session', { method: 'POST', body: { token: once } }).catch(() => {});
  }
  try {
    session = await call('api/session');
  } catch (error) {
    if (error.status === 401) return signIn();
    main.replaceChildren(html('h1', { tabindex: -1 }, say('title')), html('p', { role: 'alert' }, error.message));
    return undefined;
  }
  document.getElementById('who').replaceChildren(
    ...page.others(session).flatMap(([word, href]) => [html('a', { href }, say(word)), ' ']),
    html('span', { class: 'soft' }, say('who', session.name, say(session.decides ? 'who.decides' : 'who.looks'))),
    ...(session.signsOut ? [' ', html('button', { type: 'button', onclick: leave }, say('who.leave'))] : []));
  shown = null;
  show(false);
  return undefined;
}

async function leave() {
  await call('api/session', { method: 'DELETE' });
  document.getElementById('who').replaceChildren();
  signIn();
}

// Begins a page: what stands at which path, the word for its first one, and which other pages there are for whoever looks.
export async function start(wanted) {
  page = wanted;
  await loadWords();
  document.title = say('title');
  document.getElementById('path').setAttribute('aria-label', say('path'));
  write(document.getElementById('skip'), say('skip'));
  document.getElementById('skip').addEventListener('click', event => { event.preventDefault(); main.focus(); });
  addEventListener('hashchange', () => session === null ? begin() : show(true));
  await begin();
}
