// The page: who looks, where they are, and what is shown there.
import { count, html, keep, loadWords, replace, say, stateMark, table, timeMark, write } from './view.js';
import { RunView } from './run.js';

const main = document.getElementById('main');
const refreshEach = 5000;
let session = null;
let view = null;
let shown = null;

// Asks the server. What it refuses becomes an error with its own words; who is not known any more is asked for a token.
export async function call(path, { method = 'GET', body } = {}) {
  const answer = await fetch(path, {
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

const pathTo = (cluster, run) => '#/' + [cluster, run].filter(part => part).map(encodeURIComponent).join('/');
export const api = (cluster, run, rest = '') => `api/clusters/${encodeURIComponent(cluster)}/runs${run ? '/' + encodeURIComponent(run) : ''}${rest}`;

const places = [
  { match: parts => parts.length === 0, make: () => new ClustersView() },
  { match: parts => parts.length === 1, make: ([cluster]) => new ClusterView(cluster) },
  { match: () => true, make: ([cluster, run]) => new RunView(cluster, run, session) },
];

function show(isMove) {
  const parts = location.hash.replace(/^#\/?/, '').split('/').filter(part => part).map(decodeURIComponent);
  if (shown === location.hash && view !== null) return;
  shown = location.hash;
  view?.close();
  replacePath(parts);
  view = places.find(place => place.match(parts)).make(parts);
  main.replaceChildren(view.root);
  view.open();
  if (isMove) main.querySelector('h1')?.focus();
}

function replacePath(parts) {
  const links = [[say('clusters'), '#/'], ...parts.map((part, i) => [part, pathTo(...parts.slice(0, i + 1))])];
  document.getElementById('path').replaceChildren(html('ol', {}, links.map(([word, href], i) =>
    html('li', {}, html('a', { href, 'aria-current': i === links.length - 1 ? 'page' : null }, word)))));
}

// A view that asks anew now and then.
class AskingView {
  constructor(title) {
    this.heading = html('h1', { tabindex: -1 }, title);
    this.body = html('div');
    this.root = html('div', {}, this.heading, this.body);
    document.title = title === say('title') ? title : `${title} – ${say('title')}`;
  }

  open() {
    this.ask();
    this.timer = setInterval(() => this.ask(), refreshEach);
  }

  close() {
    clearInterval(this.timer);
  }

  async ask() {
    try {
      this.change(await call(this.path));
      this.knownAt = Date.now();
      tellLink('link.on');
    } catch (error) {
      if (error.status === 401) signIn();
      else if (error.status) write(this.body, error.message);
      else tellLink('link.off', new Date(this.knownAt ?? Date.now()).toLocaleTimeString());
    }
  }
}

class ClustersView extends AskingView {
  constructor() {
    super(say('clusters'));
    this.path = 'api/clusters';
  }

  change(clusters) {
    if (clusters.length === 0) return write(this.body, say('clusters.none'));
    keep(this.body, clusters, cluster => cluster.name,
      cluster => html('section', { class: 'card' }, html('h2', {}, html('a', { href: pathTo(cluster.name) }, cluster.name)), html('div')),
      (card, cluster) => replace(card.lastElementChild, cluster, ({ name, runs, newest }) => newest === null
        ? html('p', { class: 'soft' }, say('cluster.runs.none'))
        : [
          html('p', { class: 'row' }, stateMark(newest.state), html('a', { href: pathTo(name, newest.run) }, newest.run)),
          html('p', { class: 'text' }, newest.reason ?? newest.damage ?? ''),
          ...(newest.pending ?? []).map(pending => html('p', { class: 'is-ask' }, pending)),
          html('p', { class: 'soft' }, count('cluster.runs', runs)),
        ]));
  }
}

class ClusterView extends AskingView {
  constructor(cluster) {
    super(cluster);
    this.cluster = cluster;
    this.path = api(cluster);
  }

  change(runs) {
    replace(this.body, runs, rows => rows.length === 0
      ? html('p', { class: 'soft' }, say('cluster.runs.none'))
      : table(say('cluster.history'), ['column.run', 'column.state', 'column.since', 'column.builds', 'column.reason'], rows.map(row => [
        html('a', { href: pathTo(this.cluster, row.run) }, row.run),
        stateMark(row.state),
        row.since ?? row.createdAt ? timeMark(row.since ?? row.createdAt) : say('unknown'),
        row.from ? say('builds', row.from, row.to) : say('unknown'),
        [row.damage ?? row.reason ?? say('unknown'), ...(row.pending ?? [])].join(' '),
      ])));
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
  const [, once, place] = /^#once=([\w-]+)(\/.*)?$/.exec(location.hash) ?? [];
  if (once) {
    history.replaceState(null, '', `${location.pathname}#${place ?? '/'}`);
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

await loadWords();
document.title = say('title');
document.getElementById('path').setAttribute('aria-label', say('path'));
write(document.getElementById('skip'), say('skip'));
document.getElementById('skip').addEventListener('click', event => { event.preventDefault(); main.focus(); });
addEventListener('hashchange', () => session === null ? begin() : show(true));
await begin();
