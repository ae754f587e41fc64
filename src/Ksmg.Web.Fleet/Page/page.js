// The page of fleets: all of them, and one with its waves and, however many there are, a page of its clusters.
import { card, count, html, keep, kindOf, replace, say, stateMark, stateWord, svg, time, timeMark, write } from '../view.js';
import { AskingView, call, pathTo, place, start, tell } from '../shell.js';
import { ask } from '../decision.js';

const typingPause = 250;
const api = (fleet, rest = '') => `api/fleets/${encodeURIComponent(fleet)}${rest}`;
const rowKinds = { Waiting: 'is-idle', Working: 'is-busy', Held: 'is-ask', Out: 'is-idle' };
const waveKinds = { Closed: 'is-idle', Gate: 'is-ask', Open: 'is-busy', Soak: 'is-busy', Over: 'is-good' };
const mark = (kind, word) => html('span', { class: 'state ' + kind }, word);

class FleetsView extends AskingView {
  constructor() {
    super(say('fleets'));
    this.path = 'api/fleets';
  }

  change(fleets) {
    write(this.note, fleets.length === 0 ? say('fleets.none') : '');
    keep(this.body, fleets, row => row.fleet,
      row => html('section', { class: 'card' }, html('h2', {}, html('a', { href: pathTo(row.fleet) }, row.fleet)), html('div')),
      (section, row) => replace(section.lastElementChild, row, told => [
        html('p', { class: 'row' }, stateMark(told.state), told.people ? html('span', { class: 'is-bad' }, count('fleet.people', told.people)) : null,
          told.createdAt ? html('span', { class: 'soft' }, say('fleet.since', time(told.createdAt))) : null),
        html('p', { class: 'text' }, told.damage ?? told.reason ?? ''),
        told.clusters ? html('p', { class: 'soft' }, count('fleet.clusters', told.clusters)) : null,
      ].filter(part => part)));
  }
}

class FleetView extends AskingView {
  constructor(fleet, session) {
    super(fleet);
    Object.assign(this, { fleet, session, told: null, offered: new Map() });
    this.standing = html('div', { 'aria-live': 'polite' });
    this.choices = html('ul', { class: 'plain row choices' });
    this.banner = html('div', { class: 'card' }, this.standing, this.choices);
    this.waves = card('waves');
    this.waveList = html('ul', { class: 'plain' });
    this.waves.body.append(this.waveList);
    this.clusters = card('clusters');
    this.found = html('p', { role: 'status' });
    this.rows = html('ul', { class: 'plain clusters' });
    this.pages = html('nav', { class: 'row', 'aria-label': say('pages') });
    this.clusters.body.append(this.makeFilter(), this.found, this.rows, this.pages);
    this.body.append(this.banner, this.waves.card, this.clusters.card);
    this.move();
  }

  get path() {
    return `${api(this.fleet)}?${this.asked}`;
  }

  // What is asked for stands in the address line: it can be sent to somebody, and is there again when the page is.
  move() {
    this.asked = place().asked;
    for (const [name, field] of Object.entries(this.fields)) {
      if (document.activeElement !== field) this.put(field, this.asked.get(name) ?? '');
    }
    if (this.timer !== undefined) this.ask();
  }

  // What stands in the address is a choice even before the server has told that there is one.
  put(field, value) {
    if (field.tagName === 'SELECT' && value && ![...field.options].some(option => option.value === value)) {
      field.append(html('option', { value, 'data-key': value }, value));
    }
    field.value = value;
  }

  makeFilter() {
    const labels = html('datalist', { id: 'labels' });
    this.labels = labels;
    this.fields = {
      search: html('input', { id: 'f-search', type: 'search', autocomplete: 'off', maxlength: 200 }),
      wave: html('select', { id: 'f-wave' }),
      state: html('select', { id: 'f-state' }),
      label: html('input', { id: 'f-label', list: 'labels', autocomplete: 'off', maxlength: 200 }),
    };
    for (const field of Object.values(this.fields)) {
      field.addEventListener(field.tagName === 'SELECT' ? 'change' : 'input', () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.choose(), field.tagName === 'SELECT' ? 0 : typingPause);
      });
    }
    return html('form', { class: 'filter', role: 'search', onsubmit: event => { event.preventDefault(); this.choose(); } },
      Object.entries(this.fields).map(([name, field]) => html('div', {}, html('label', { for: field.id }, say('filter.' + name)), field)), labels);
  }

  choose(page = 1) {
    const asked = new URLSearchParams(Object.entries(this.fields).map(([name, field]) => [name, field.value.trim()]).filter(([, value]) => value));
    if (page > 1) asked.set('page', page);
    this.asked = asked;
    history.replaceState(null, '', pathTo(this.fleet) + (asked.size ? '?' + asked : ''));
    this.ask();
  }

  close() {
    super.close();
    clearTimeout(this.typing);
  }

  // An answer to what is not asked for any more is no answer.
  change(told, path) {
    if (path !== this.path) return;
    this.told = told;
    this.offered.clear();
    write(this.heading, say('fleet.title', told.fleet, told.from, told.to));
    document.title = `${stateWord(told.state)} – ${told.fleet} – ${say('title')}`;
    this.banner.className = `card on-${kindOf(told.state).slice(3)}`;
    replace(this.standing, [told.state, told.reason, told.holder, told.isOpen, told.states.people], () => [
      html('p', { class: 'row' }, stateMark(told.state), told.states.people ? html('a', { href: pathTo(this.fleet) + '?state=people' }, count('fleet.people', told.states.people)) : null,
        html('span', { class: 'soft' }, say('fleet.since', time(told.beganAt)))),
      html('p', { class: 'lead text' }, told.reason),
      ...(told.isOpen ? [html('p', { class: 'soft text' }, told.holder ? say('fleet.driven', told.holder) : say('fleet.undriven'))] : []),
    ]);
    this.offer(this.choices, told.options, null);
    this.showWaves(told);
    this.showFilter(told);
    this.showClusters(told);
  }

  showWaves(told) {
    keep(this.waveList, told.waves, wave => wave.name, () => html('li'), (item, wave) => replace(item, wave, () => [
      html('p', { class: 'row' }, html('strong', {}, html('a', { href: `${pathTo(this.fleet)}?${new URLSearchParams({ wave: wave.name })}` }, wave.name)),
        mark(waveKinds[wave.state], say('wave.' + wave.state)), html('span', { class: 'soft' }, say('wave.done', wave.over, wave.clusters))),
      share(wave),
      html('p', { class: 'soft' }, ['working', 'standing', 'waiting', 'failures', 'left'].filter(part => wave[part]).map(part => say('wave.' + part, wave[part])).join(' · ')),
      wave.reason ? html('p', { class: 'text' }, wave.reason) : null,
    ].filter(part => part)));
  }

  showFilter(told) {
    // A list that is open stays open: its options are kept, and only their words change.
    const fill = (field, options) => keep(field, [['', say('filter.any')], ...options], ([value]) => value,
      ([value]) => html('option', { value }), (option, [, word]) => write(option, word));
    fill(this.fields.wave, told.waves.map(wave => [wave.name, wave.name]));
    fill(this.fields.state, Object.entries(told.states).map(([state, number]) => [state, say('filter.counted', say('state.' + state), number)]));
    replace(this.labels, told.labels, () => told.labels.map(label => html('option', { value: label })));
  }

  showClusters(told) {
    write(this.found, say('found', told.found, told.clusters));
    keep(this.rows, told.rows, row => row.name,
      () => html('li', {}, html('div', {}, html('strong', { class: 'text' }), html('p', { class: 'soft text' })), html('div'), html('div'),
        html('details', { hidden: true }, html('summary', {}, say('decide')), html('ul', { class: 'plain row choices' }))),
      (item, row) => {
        const [name, state, why, decide] = item.children;
        write(name.firstElementChild, row.name);
        write(name.lastElementChild, [row.wave, ...row.labels].join(' · '));
        replace(state, [row.state, row.says], () => mark(rowKinds[row.state] ?? kindOf(row.state), row.says));
        replace(why, [row.reason, row.since, row.until, row.run, row.page], () => [
          html('p', { class: 'text' }, row.reason ?? ''),
          html('p', { class: 'soft row' }, row.since ? html('span', {}, say('since', ''), timeMark(row.since)) : null,
            row.until ? html('span', {}, say('until', ''), timeMark(row.until)) : null,
            row.run ? row.page ? html('a', { href: '../' + row.page }, row.run) : html('span', { class: 'text' }, row.run) : null),
        ]);
        decide.hidden = !this.session.decides || row.options.length === 0;
        this.offer(decide.lastElementChild, row.options, row);
      });
    this.showPages(told);
  }

  showPages({ page, pages }) {
    this.pages.hidden = pages === 1;
    if (this.pages.childElementCount === 0) {
      const turn = by => () => this.choose(this.told.page + by);
      this.pages.append(html('button', { type: 'button', onclick: turn(-1) }, say('pages.back')), html('span'), html('button', { type: 'button', onclick: turn(1) }, say('pages.on')));
    }
    const [back, where, on] = this.pages.children;
    write(where, say('pages.of', page, pages));
    back.disabled = page === 1;
    on.disabled = page === pages;
  }

  // What can be decided, of the fleet or of a cluster; what is asked then is what was shown last.
  offer(list, options, row) {
    const shown = this.session.decides ? options : [];
    list.hidden = shown.length === 0;
    const key = kind => `${kind} ${row?.name ?? ''}`;
    for (const kind of shown) this.offered.set(key(kind), row ?? this.told);
    keep(list, shown, kind => kind, kind => html('li', {}, html('button', { type: 'button', class: kind === 'Approve' ? 'first' : kind === 'LeaveOut' ? 'grave' : null,
      onclick: () => this.decide(kind, this.offered.get(key(kind)), row?.name ?? null) }, say(`do.${row ? 'cluster' : 'fleet'}.${kind}`))));
  }

  decide(kind, seen, cluster) {
    const form = `do.${cluster ? 'cluster' : 'fleet'}.${kind}`;
    ask({
      name: say(form),
      text: cluster ? `${cluster}: ${say(form + '.text')}` : say(form + '.text'),
      why: seen.reason ?? '',
      by: this.session.name,
      reason: ['Approve', 'Pause'].includes(kind) ? 'optional' : 'required',
      isGrave: kind === 'LeaveOut',
      decide: async reason => {
        const said = await call(api(this.fleet, '/decisions'), { method: 'POST', body: { kind, cluster, waitHash: kind === 'Approve' ? seen.waitHash : null, reason } });
        tell(said.text);
        await this.ask();
      },
    });
  }
}

// How much of a wave is where; the words beside it say the same.
function share(wave) {
  const parts = [[wave.over, 'is-good'], [wave.working, 'is-busy'], [wave.standing, 'is-bad']];
  const figure = svg('svg', { viewBox: '0 0 100 2', preserveAspectRatio: 'none', class: 'share', 'aria-hidden': true }, svg('rect', { width: 100, height: 2, class: 'rest' }));
  let x = 0;
  for (const [number, kind] of parts) {
    const width = 100 * number / Math.max(1, wave.clusters);
    if (width) figure.append(svg('rect', { x, width, height: 2, class: 'bar ' + kind }));
    x += width;
  }
  return figure;
}

await start({
  home: 'fleets',
  places: [
    { match: parts => parts.length === 0, make: () => new FleetsView() },
    { match: () => true, make: ([fleet], session) => new FleetView(fleet, session) },
  ],
  others: session => session.clusters ? [['clusters', '../']] : [],
});
