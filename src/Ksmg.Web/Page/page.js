// The page of clusters and their runs.
import { count, html, keep, replace, say, stateMark, table, timeMark, write } from './view.js';
import { AskingView, pathTo, start } from './shell.js';
import { api, RunView } from './run.js';

class ClustersView extends AskingView {
  constructor(session) {
    super(say('clusters'));
    this.session = session;
    this.path = 'api/clusters';
  }

  change(clusters) {
    if (clusters.length === 0 && this.session.parts.length) return location.replace(`${this.session.parts[0]}/`);
    write(this.note, clusters.length === 0 ? say('clusters.none') : '');
    keep(this.body, clusters, cluster => cluster.name,
      cluster => html('section', { class: 'card' }, html('h2', {}, html('a', { href: pathTo(cluster.name) }, cluster.name)), html('div')),
      (card, cluster) => replace(card.lastElementChild, cluster, ({ name, runs, newest, damage }) => newest === null
        ? html('p', { class: damage ? 'text' : 'soft' }, damage ?? say('cluster.runs.none'))
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

await start({
  home: 'clusters',
  places: [
    { match: parts => parts.length === 0, make: (_, session) => new ClustersView(session) },
    { match: parts => parts.length === 1, make: ([cluster]) => new ClusterView(cluster) },
    { match: () => true, make: ([cluster, run], session) => new RunView(cluster, run, session) },
  ],
  others: session => session.parts.map(part => ['part.' + part, part + '/']),
});
