// What is drawn: the cluster, the steps over time, the mail over time. Each drawing says in words what it shows.
import { roleWord, say, svg, stepWord, time } from './view.js';

const text = (x, y, content, attributes = {}) => svg('text', { x, y, 'font-size': 13, ...attributes }, content);

export function flowOf(node) {
  if (!node.answers) return 'off';
  if (node.receiving === false || node.load?.mode === 'Maintenance') return 'off';
  return node.load?.mode === 'Drain' || node.receiving === undefined && node.load === undefined ? 'slow' : 'on';
}

export function flowWord(node) {
  if (!node.answers) return say('node.silent');
  return { on: say('node.flows'), slow: say('node.drains'), off: say('node.off') }[flowOf(node)];
}

export const queued = node => node.queues ? node.queues.mta + node.queues.kataQuarantine + node.queues.antiSpamQuarantine : null;
export const sessions = node => node.load?.sessions ?? node.queues?.smtpSessions ?? null;
const told = value => value === null || value === undefined ? say('unknown') : String(value);
const kindOfNode = (node, outcome) => {
  if (!node.answers) return 'is-bad';
  return { InProgress: 'is-busy', Upgraded: 'is-good', AlreadyUpgraded: 'is-good', Parked: 'is-bad', RolledBack: 'is-ask' }[outcome] ?? '';
};

// The balancer on the left, a node on each line, the way of the mail between them and on from them.
export function clusterFigure(nodes, outcomes, width) {
  const narrow = width < 560;
  const wide = narrow ? 340 : 760;
  const high = narrow ? 92 : 84;
  const left = narrow ? 66 : 150;
  const boxX = narrow ? 104 : 300;
  const boxWide = narrow ? 206 : 340;
  const height = nodes.length * high + 8;
  const summary = nodes.map(n =>
    say('node.summary', n.name, roleWord(n.role), n.build ?? n.version ?? say('unknown'), flowWord(n), say('node.queued', told(queued(n))))).join('. ');
  const figure = svg('svg', { viewBox: `0 0 ${wide} ${height}`, role: 'img', 'aria-label': `${say('cluster')}. ${summary}` });
  const middle = height / 2;
  figure.append(svg('rect', { x: 4, y: 8, width: left - 8, height: height - 16, rx: 8, class: 'box' }));
  const label = say('cluster.balancer').split(' ');
  label.forEach((word, i) => figure.append(text(left / 2, middle + (i - (label.length - 1) / 2) * 17 + 4, word, { 'text-anchor': 'middle', 'font-size': narrow ? 11 : 14 })));
  nodes.forEach((node, i) => {
    const y = i * high + 6;
    const line = y + (high - 12) / 2;
    const flow = flowOf(node);
    arrow(figure, left, boxX - 4, line, flow);
    const sends = node.answers && node.sending !== false ? flow === 'off' && queued(node) === 0 ? 'off' : 'on' : 'off';
    arrow(figure, boxX + boxWide, narrow ? wide - 4 : wide - 40, line, sends);
    const outcome = outcomes[node.name];
    figure.append(svg('rect', {
      x: boxX, y, width: boxWide, height: high - 12, rx: 8, class: `box ${kindOfNode(node, outcome)} ${outcome === 'InProgress' ? 'in-hand' : ''}`,
    }));
    const rest = [flowWord(node), ...(queued(node) === null ? [] : [say('node.queued', queued(node))]), ...(sessions(node) === null ? [] : [say('node.sessions', sessions(node))])];
    figure.append(text(boxX + 12, y + 22, node.name, { 'font-size': 15, 'font-weight': 600 }));
    figure.append(text(boxX + boxWide - 12, y + 22, outcome ? say('report.node.' + outcome).split(',')[0] : '', { 'text-anchor': 'end', 'font-size': 12, class: 'small' }));
    figure.append(text(boxX + 12, y + 43, `${roleWord(node.role)} · ${node.build ?? node.version ?? say('unknown')}`));
    const lines = narrow ? [rest[0], rest.slice(1).join(' · ')] : [rest.join(' · ')];
    lines.forEach((line, n) => figure.append(text(boxX + 12, y + 58 + n * 15, line, { 'font-size': narrow ? 12 : 13, class: 'small' })));
  });
  return figure;
}

function arrow(figure, from, to, y, flow) {
  figure.append(svg('path', { d: `M${from} ${y} H${to - 7}`, class: 'flow ' + flow }));
  figure.append(flow === 'off'
    ? svg('path', { d: `M${to - 9} ${y - 6} l9 12 m0 -12 l-9 12`, class: 'cross' })
    : svg('path', { d: `M${to - 9} ${y - 6} L${to} ${y} L${to - 9} ${y + 6} z`, class: 'tip ' + flow }));
}

export function stepState(step, upcoming) {
  if (step.outcome === 'Done') return 'done';
  if (step.outcome === 'Skipped' || step.outcome === 'Undone') return 'skipped';
  if (step.outcome) return 'failed';
  return step.startedAt || upcoming ? 'open' : 'waits';
}

export const stepKind = { done: 'is-good', skipped: 'is-idle', failed: 'is-bad', open: 'is-busy', waits: '' };

// A row for each node, a bar for each step that was begun.
export function stepFigure(report, upcoming, now, width) {
  const rows = report.nodes.filter(node => node.steps.length > 0);
  const wide = width < 560 ? 360 : 900;
  const left = width < 560 ? 48 : 90;
  const high = 26;
  const start = Date.parse(report.startedAt);
  const isOver = !['Running', 'Paused', 'NeedsHuman'].includes(report.end);
  const end = Math.max(isOver ? Date.parse(report.lastAt) : now, start + 1000);
  const place = at => left + (wide - left - 6) * (Math.min(Math.max(at, start), end) - start) / (end - start);
  const height = rows.length * high + 24;
  const words = rows.map(node => say('steps.row', node.name, say('report.node.' + node.outcome))).join(', ');
  const figure = svg('svg', {
    viewBox: `0 0 ${wide} ${height}`, role: 'img', 'aria-label': say('steps.chart', time(report.startedAt), time(end), words),
  });
  rows.forEach((node, i) => {
    const y = i * high + 4;
    figure.append(text(0, y + 14, node.name, { 'font-size': 12 }), svg('line', { x1: left, x2: wide - 6, y1: y + 9, y2: y + 9, class: 'grid' }));
    // What is only waited for has no beginning in the report.
    const waits = upcoming.filter(step => step.node === node.name && step.what === 'Waiting').map(step => ({ id: step.id, startedAt: step.since }));
    for (const step of [...node.steps.filter(s => s.startedAt), ...waits]) {
      const from = place(Date.parse(step.startedAt));
      const to = place(step.finishedAt ? Date.parse(step.finishedAt) : end);
      const bar = svg('rect', { x: from, y, width: Math.max(2, to - from), height: 18, rx: 2, class: 'bar ' + stepKind[stepState(step, true)] });
      bar.append(svg('title', {}, `${step.id} ${stepWord(step.id)}`));
      figure.append(bar);
    }
  });
  figure.append(text(left, height - 4, time(report.startedAt), { 'font-size': 11, class: 'small' }));
  figure.append(text(wide - 6, height - 4, time(end), { 'font-size': 11, 'text-anchor': 'end', class: 'small' }));
  return figure;
}

// A curve for each node.
export function mailFigure(title, samples, valueOf, width) {
  const wide = width < 560 ? 360 : 620;
  const height = 150;
  const [left, right, top, bottom] = [40, wide - 8, 10, height - 22];
  const names = [...new Set(samples.flatMap(sample => sample.nodes.map(node => node.name)))];
  const at = samples.map(sample => Date.parse(sample.at));
  const [start, end] = [at[0], Math.max(at.at(-1), at[0] + 1000)];
  const most = Math.max(1, ...samples.flatMap(sample => sample.nodes.map(node => valueOf(node) ?? 0)));
  const now = names.map(name => say('mail.now', name, told(valueOf(samples.at(-1).nodes.find(node => node.name === name) ?? {})))).join(', ');
  const figure = svg('svg', {
    viewBox: `0 0 ${wide} ${height}`, role: 'img', 'aria-label': say('mail.chart', title, time(at[0]), time(at.at(-1)), now),
  });
  for (const share of [0, .5, 1]) {
    const y = bottom - (bottom - top) * share;
    figure.append(svg('line', { x1: left, x2: right, y1: y, y2: y, class: 'grid' }));
  }
  figure.append(text(left - 6, top + 5, String(most), { 'text-anchor': 'end', 'font-size': 11, class: 'small' }));
  figure.append(text(left - 6, bottom + 4, '0', { 'text-anchor': 'end', 'font-size': 11, class: 'small' }));
  figure.append(text(left, height - 4, time(at[0]), { 'font-size': 11, class: 'small' }));
  figure.append(text(right, height - 4, time(at.at(-1)), { 'font-size': 11, 'text-anchor': 'end', class: 'small' }));
  names.forEach((name, n) => {
    let pen = 'M';
    let path = '';
    samples.forEach((sample, i) => {
      const value = valueOf(sample.nodes.find(node => node.name === name) ?? {});
      if (value === null || value === undefined) { pen = 'M'; return; }
      const x = left + (right - left) * (at[i] - start) / (end - start);
      path += `${pen}${x.toFixed(1)} ${(bottom - (bottom - top) * value / most).toFixed(1)}`;
      pen = 'L';
    });
    figure.append(svg('path', { d: path || 'M0 0', class: `curve c${n % 5}` }));
  });
  return { figure, names };
}

export const legend = (names, samples, valueOf) => names.map((name, n) => svg('svg', { viewBox: '0 0 150 18', class: 'legend' },
  svg('path', { d: 'M0 9 H26', class: `curve c${n % 5}` }),
  text(32, 14, say('mail.now', name, told(valueOf(samples.at(-1).nodes.find(node => node.name === name) ?? {}))))));
