// A run: where it stands, what it waits for, what people can do, the cluster, the steps, the mail, and what happened.
import { card, html, keep, kindOf, replace, roleWord, say, span, stateMark, stateWord, stepWord, table, time, timeMark, write } from './view.js';
import { clusterFigure, flowWord, legend, mailFigure, queued, sessions, stepFigure, stepKind, stepState } from './figure.js';
import { call, signIn, tell, tellLink } from './shell.js';
import { ask } from './decision.js';

const mostEvents = 300;
const mostSamples = 600;
const shortestSilence = 10000;
const backIsNews = 30000;
const refusedAgain = 5000;
const needsReason = kind => !['Approve', 'Continue', 'Pause'].includes(kind);
const isActive = state => ['Running', 'Paused', 'NeedsHuman'].includes(state);

export const api = (cluster, run, rest = '') => `api/clusters/${encodeURIComponent(cluster)}/runs${run ? '/' + encodeURIComponent(run) : ''}${rest}`;

function nameOf(option) {
  if (option.kind === 'Rollback' && !option.node) return say('do.RollbackAll');
  return say('do.' + option.kind, option.node ?? option.check ?? '');
}

export class RunView {
  constructor(cluster, run, session) {
    Object.assign(this, { cluster, run, session, events: [], samples: [], last: 0, offset: 0, explanation: null, report: null });
    this.heading = html('h1', { tabindex: -1 }, `${cluster}: ${run}`);
    this.banner = html('div', { class: 'card' });
    this.waits = card('waits');
    this.can = card('can');
    this.drawn = card('cluster');
    this.steps = card('steps');
    this.mail = card('mail');
    this.history = card('history');
    this.decided = card('decided');
    this.get = card('get');
    this.standing = html('div', { 'aria-live': 'polite' });
    this.banner.append(this.standing);
    this.waiting = html('ul', { class: 'plain', 'aria-live': 'polite' });
    this.evidence = html('div');
    this.waits.body.append(this.waiting, this.evidence);
    this.choices = html('ul', { class: 'plain choices' });
    this.hint = html('p');
    this.can.body.append(this.hint, this.choices);
    this.figure = html('div');
    this.nodes = html('div');
    this.drawn.body.append(this.figure, html('details', {}, html('summary', {}, say('cluster.table')), this.nodes));
    this.timeline = html('div');
    this.chips = html('div');
    this.steps.body.append(this.timeline, this.chips);
    this.log = html('ol', { class: 'log', tabindex: 0, 'aria-label': say('history') });
    this.history.body.append(this.log);
    this.get.body.append(html('ul', { class: 'row plain' }, [
      ['get.report-text', '/report.txt'], ['get.report-json', '/report.json'], ['get.plan-text', '/plan.txt'], ['get.plan-json', '/plan.json'],
      ['get.journal', '/journal.jsonl'],
    ].map(([word, file]) => html('a', { href: api(cluster, run, file), download: true }, say(word)))
      .map(link => html('li', {}, link))));
    this.root = html('div', {}, this.heading, this.banner,
      html('div', { class: 'two' }, this.waits.card, this.can.card), this.drawn.card, this.steps.card, this.mail.card,
      html('div', { class: 'two' }, this.history.card, this.decided.card), this.get.card);
  }

  async open() {
    this.onresize = () => this.draw();
    this.onseen = () => document.visibilityState === 'visible' && this.checkBeat();
    addEventListener('resize', this.onresize);
    addEventListener('online', this.onseen);
    document.addEventListener('visibilitychange', this.onseen);
    this.ticking = setInterval(() => this.tick(), 1000);
    this.isOpen = true;
    tellLink('link.opening');
    await this.load();
  }

  move() {}

  close() {
    this.isOpen = false;
    clearInterval(this.ticking);
    clearTimeout(this.retry);
    clearTimeout(this.saying);
    this.source?.close();
    removeEventListener('resize', this.onresize);
    removeEventListener('online', this.onseen);
    document.removeEventListener('visibilitychange', this.onseen);
  }

  // All there is to know now, then what happens from there on.
  async load() {
    clearTimeout(this.retry);
    this.source?.close();
    try {
      const told = await call(api(this.cluster, this.run));
      if (!this.isOpen) return;
      this.offset = Date.parse(told.now) - Date.now();
      this.samples = told.samples;
      this.report = told.report;
      this.explain(told.explanation);
      this.follow();
    } catch (error) {
      if (!this.isOpen) return;
      if (error.status === 401) signIn();
      else if (error.status) {
        write(this.heading, error.message);
        this.retry = setTimeout(() => this.load(), refusedAgain);
      } else this.lose();
    }
  }

  follow() {
    this.source = new EventSource(api(this.cluster, this.run, '/events') + (this.last ? `?after=${this.last}` : ''));
    const on = (kind, act) => this.source.addEventListener(kind, message => {
      this.beatAt = Date.now();
      this.regain();
      act(JSON.parse(message.data), message);
    });
    on('beat', () => {});
    on('record', told => {
      if (told.sequence <= this.last) return;
      this.last = told.sequence;
      this.events.unshift(told);
      this.events.length = Math.min(this.events.length, mostEvents);
      this.missed += 1;
      this.later();
    });
    on('waiting', () => {});
    on('report', told => { this.report = told; this.later(); });
    on('explanation', told => this.explain(told));
    on('end', () => {
      this.source.close();
      this.isDone = true;
      this.isBack = false;
      clearTimeout(this.saying);
      if (this.backAt === undefined) tellLink('link.ended');
      else tellLink('link.ended-back', time(this.backAt), say('link.caught', this.missed));
    });
    this.source.onerror = () => {
      if (this.isDone) return;
      this.lose();
    };
    this.beatAt = Date.now();
  }

  // The connection is gone. A browser tries again by itself, unless it was refused: then we do.
  lose() {
    if (this.lostAt === undefined) {
      this.lostAt = Date.now();
      this.missed = 0;
      tellLink('link.off', time(this.knownAt ?? this.lostAt));
    }
    if (this.source?.readyState !== EventSource.CONNECTING) {
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.load(), 2000);
    }
  }

  regain() {
    this.knownAt = Date.now();
    if (this.lostAt !== undefined) {
      this.lostAt = undefined;
      clearTimeout(this.retry);
      this.isBack = true;
      this.backAt = this.knownAt;
    }
    if (this.isBack) {
      // What was missed comes at once; it is said when it has come.
      clearTimeout(this.saying);
      this.saying = setTimeout(() => {
        this.isBack = false;
        tellLink('link.back', time(this.backAt), say('link.caught', this.missed));
        this.saying = setTimeout(() => { this.backAt = undefined; }, backIsNews);
      }, 500);
    } else if (this.backAt === undefined) tellLink('link.on');
  }

  // Silence beyond several beats is a lost connection that nobody has told of.
  checkBeat() {
    if (!this.isDone && this.beatAt !== undefined && Date.now() - this.beatAt > Math.max(shortestSilence, this.session.heartbeat * 2500)) {
      this.beatAt = Date.now();
      this.source?.close();
      this.lose();
      this.load();
    }
  }

  explain(told) {
    this.explanation = told;
    if (told.nodes?.length && Date.parse(told.at) > Date.parse(this.samples.at(-1)?.at ?? 0)) {
      this.samples.push({
        at: told.at, nodes: told.nodes.map(node => ({ name: node.name, queued: queued(node), sessions: sessions(node) })),
      });
      this.samples.splice(0, this.samples.length - mostSamples);
    }
    if (isActive(told.state)) this.isDone = false;
    this.later();
  }

  later() {
    if (this.isPlanned) return;
    this.isPlanned = true;
    requestAnimationFrame(() => { this.isPlanned = false; this.show(); });
  }

  show() {
    const { explanation: now, report } = this;
    if (now === null || report === null || !this.isOpen) return;
    write(this.heading, say('run.title', this.cluster, report.from, report.to));
    document.title = `${stateWord(now.state)} – ${this.cluster} – ${say('title')}`;
    this.banner.className = `card on-${kindOf(now.state).slice(3)}`;
    replace(this.standing, { state: now.state, reason: now.reason, since: now.since, holder: now.holder, pending: now.pending }, told => [
      html('p', { class: 'row' }, stateMark(told.state), html('span', { class: 'soft' }, say('run.since', time(told.since)))),
      html('p', { class: 'lead text' }, told.reason),
      ...(isActive(told.state) ? [html('p', { class: 'soft text' }, told.holder ? say('run.driven', told.holder) : say('run.undriven'))] : []),
      ...(told.pending?.length ? [html('p', { class: 'is-ask' }, say('run.pending')), html('ul', {}, told.pending.map(d => html('li', { class: 'text' }, d.text)))] : []),
    ]);
    this.showWaits(now);
    this.showChoices(now);
    this.showSteps(report, now);
    this.showHistory(report);
    this.draw();
    this.tick();
  }

  showWaits(now) {
    const steps = (now.steps ?? []).filter(step => step.what !== 'Done');
    const nothing = isActive(now.state) ? now.holder ? 'waits.nothing' : 'waits.undriven' : 'waits.ended';
    const items = steps.length ? steps : [{ nothing }];
    keep(this.waiting, items, step => step.nothing ?? `${step.id} ${step.node} ${step.what}`,
      step => step.nothing ? html('li', {}, say(step.nothing)) : html('li', {},
        html('p', {}, html('strong', {}, say('waits.of', step.node ?? say('steps.of-run'), stepWord(step.id))), ' ',
          html('span', { class: 'soft' }, say('what.' + step.what))),
        html('p', { class: 'text' }),
        html('p', { class: 'soft', role: 'timer', 'aria-live': 'off' })),
      (item, step) => {
        if (step.nothing) return;
        write(item.children[1], step.text);
        item.lastElementChild.since = step.since;
        item.lastElementChild.until = step.until;
      });
    replace(this.evidence, { at: now.nodes?.length ? now.at : null, evidence: now.evidence }, ({ at, evidence }) => evidence?.length
      ? html('details', {}, html('summary', {}, say('seen', time(at ?? now.at))), html('ul', {}, evidence.map(line => html('li', { class: 'text' }, line))))
      : []);
  }

  showChoices(now) {
    const offered = (now.options ?? []).filter(option => option.kind !== 'Continue' || this.session.continues);
    const resumes = (now.options ?? []).some(option => option.kind === 'Continue') && !this.session.continues;
    write(this.can.title, say(this.session.decides && ['NeedsHuman', 'Paused'].includes(now.state) ? 'needs' : 'can'));
    const hint = !this.session.decides && offered.length ? say('can.reader') : resumes ? say('can.resume', `ksmg resume ${this.run}`) : '';
    write(this.hint, offered.length || resumes ? hint : say('can.nothing'));
    keep(this.choices, offered, option => `${option.kind} ${option.node ?? ''} ${option.check ?? ''}`,
      option => html('li', {}, this.session.decides
        ? html('button', { type: 'button', class: { Approve: 'first', Continue: 'first', Abort: 'grave', Rollback: 'grave' }[option.kind] ?? null,
          onclick: () => this.ask(this.offered.get(`${option.kind} ${option.node ?? ''} ${option.check ?? ''}`)) }, nameOf(option))
        : html('strong', {}, nameOf(option)), html('p', { class: 'soft text' })),
      (item, option) => write(item.lastElementChild, option.text));
    this.offered = new Map(offered.map(option => [`${option.kind} ${option.node ?? ''} ${option.check ?? ''}`, option]));
  }

  showSteps(report, now) {
    const upcoming = new Set((now.steps ?? []).filter(step => step.what === 'Waiting').map(step => `${step.id} ${step.node ?? ''}`));
    const rows = [...report.nodes, { name: '', outcome: null, steps: report.steps }];
    keep(this.chips, rows, row => row.name,
      row => html('details', { class: 'node' }, html('summary'), html('ol', { class: 'steps', 'aria-label': row.name || say('steps.of-run') })),
      (part, row) => {
        // What is in hand is open; who opened or closed another one is left alone.
        const isOpen = row.outcome === 'InProgress' || row.outcome === 'Parked';
        if (part.shownOutcome !== row.outcome) Object.assign(part, { open: isOpen, shownOutcome: row.outcome });
        const done = row.steps.filter(step => step.outcome).length;
        const outcome = row.outcome ? say('report.node.' + row.outcome) : '';
        write(part.firstElementChild, [say('steps.count', row.name || say('steps.of-run'), done, row.steps.length), outcome].filter(part => part).join(' · '));
        replace(part.lastElementChild, row.steps.map(step => ({
        id: step.id, state: stepState(step, upcoming.has(`${step.id} ${row.name}`)), evidence: step.evidence,
      })), steps => steps.map(step => html('li', { class: stepKind[step.state], title: step.evidence },
        `${{ done: '✓', skipped: '–', failed: '✕', open: '▸', waits: '○' }[step.state]} ${stepWord(step.id)}`, html('span', { class: 'hear' }, ` (${say('step.' + step.state)})`))));
      });
  }

  showHistory(report) {
    replace(this.decided.body, { decisions: report.decisions ?? [] }, ({ decisions }) => decisions.length
      ? html('ul', { class: 'plain' }, decisions.map(d => html('li', { class: 'text' }, timeMark(d.at), ' ', d.text)))
      : html('p', { class: 'soft' }, say('decided.none')));
    keep(this.log, this.events, told => told.sequence,
      told => html('li', {}, timeMark(told.at), html('span', { class: 'text' }, [told.node, told.text].filter(part => part).join(': '))));
  }

  draw() {
    const { explanation: now, report } = this;
    if (now === null || report === null) return;
    const width = this.figure.clientWidth;
    const outcomes = Object.fromEntries(report.nodes.map(node => [node.name, node.outcome]));
    replace(this.figure, { nodes: now.nodes ?? [], outcomes, narrow: width < 560 }, ({ nodes }) =>
      nodes.length ? clusterFigure(nodes, outcomes, width) : html('p', { class: 'soft' }, say(isActive(now.state) ? 'cluster.unseen' : 'cluster.ended')));
    replace(this.nodes, now.nodes ?? [], nodes => table(say('cluster'), [
      'column.node', 'column.role', 'column.build', 'column.load', 'column.receiving', 'column.sending', 'column.sessions', 'column.queue',
    ], nodes.map(node => {
      const yes = value => say(value === undefined ? 'unknown' : value ? 'yes' : 'no');
      return [
        node.name, roleWord(node.role), node.answers ? node.build ?? node.version ?? say('unknown') : `${flowWord(node)}: ${node.problem ?? ''}`,
        node.load ? say('load.' + node.load.mode) + (node.load.healthy === false ? `, ${say('load.unhealthy')}` : '') : say('load.none'),
        yes(node.receiving), yes(node.sending), sessions(node) ?? say('unknown'),
        node.queues ? `${node.queues.mta} / ${node.queues.kataQuarantine} / ${node.queues.antiSpamQuarantine}` : say('unknown'),
      ].map(String);
    })));
    replace(this.timeline, { report, waits: now.steps, second: isActive(report.end) ? Math.floor(Date.now() / 5000) : 0, narrow: width < 560 }, () =>
      stepFigure(report, now.steps ?? [], Date.now() + this.offset, width));
    replace(this.mail.body, { last: this.samples.at(-1), narrow: width < 560 }, () => this.samples.length === 0
      ? html('p', { class: 'soft' }, say('mail.none'))
      : html('div', { class: 'two' }, [['mail.queued', node => node.queued], ['mail.sessions', node => node.sessions]].map(([title, valueOf]) => {
        const { figure, names } = mailFigure(say(title), this.samples, valueOf, width);
        return html('div', {}, html('h3', {}, say(title)), figure, html('div', { class: 'legends', 'aria-hidden': true }, legend(names, this.samples, valueOf)));
      })));
  }

  tick() {
    const now = Date.now() + this.offset;
    for (const mark of this.waiting.querySelectorAll('[role=timer]')) {
      const left = mark.until ? Date.parse(mark.until) - now : null;
      const parts = [say('waits.since', time(mark.since))];
      if (left !== null) parts.push(say('waits.until', time(mark.until)), left >= 0 ? say('waits.left', span(left)) : say('waits.over', span(-left)));
      write(mark, parts.join(', '));
    }
    this.checkBeat();
  }

  ask(option) {
    const { planHash, reason } = this.explanation;
    ask({
      name: nameOf(option),
      text: option.text,
      why: option.until ? say('ask.waived', time(option.until)) : option.kind === 'Approve' ? reason : '',
      by: this.session.name,
      reason: ['Approve', 'Continue'].includes(option.kind) ? null : needsReason(option.kind) ? 'required' : 'optional',
      isGrave: ['Abort', 'Rollback'].includes(option.kind),
      decide: why => this.decide({ kind: option.kind, planHash, node: option.node, check: option.check, until: option.until, reason: why }),
    });
  }

  async decide(order) {
    const told = await call(api(this.cluster, this.run, '/decisions'), { method: 'POST', body: order });
    tell(told.text);
    await this.load();
  }
}
