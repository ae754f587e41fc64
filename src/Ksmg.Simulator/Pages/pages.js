// The pages: what a person does by hand in the documented procedure. What comes from the node is only ever shown as text.
import { call, NoAnswer } from './node.js';

const pollMilliseconds = 500;
const $ = id => document.getElementById(id);
let nodes = [];
let status = {};
let follows = false;
let turn = Promise.resolve();

const words = {
  control: 'Control node', secondary: 'Secondary node', available: 'Available', unavailable: 'Not available', syncFailed: 'Data synchronization failed',
  applyFailed: 'Failed to apply settings', timeDiffers: 'Time differs from the Control node', configurationIssues: 'Cluster configuration issues',
  upToDate: 'Up to date', outOfDate: 'Out of date', obsolete: 'Obsolete', basesFailed: 'Bases error',
  idle: 'No installation', preparing: 'Preparing', installing: 'Installing', restarting: 'Restarting', completed: 'Completed', interrupted: 'Interrupted',
  failed: 'Failed', passed: 'Passed', damaged: 'Damaged', running: 'Running', notRun: 'Not run', stopped: 'Stopped',
};
const word = value => words[value] ?? value ?? '';
const time = value => value ? value.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC') : '';

function element(tag, content, attributes = {}) {
  const made = document.createElement(tag);
  made.append(...[content].flat().map(one => one instanceof Node ? one : String(one ?? '')));
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }

  return made;
}

const rows = (body, list) => $(body).replaceChildren(...list.map(cells => element('tr', cells.map((cell, i) =>
  i === 0 ? element('th', cell, { scope: 'row' }) : element('td', cell)))));
const facts = (list, pairs) => $(list).replaceChildren(...Object.entries(pairs).flatMap(([name, value]) => [element('dt', name), element('dd', value)]));

/** Does one thing after another and says how each went; a session that has ended leads to the sign-in. */
function act(work, done = '') {
  turn = turn.then(async () => {
    $('alert').textContent = $('done').textContent = '';
    document.body.setAttribute('aria-busy', 'true');
    try {
      await work();
      $('done').textContent = done;
    } catch (failed) {
      if (failed.code === 'unauthorized') {
        await start();
      } else {
        $('alert').textContent = failed.message;
      }
    } finally {
      document.body.removeAttribute('aria-busy');
    }
  });
  return turn;
}

function confirmed(question) {
  $('confirm-text').textContent = question;
  $('confirm').returnValue = 'no';
  $('confirm').showModal();
  return new Promise(resolve => $('confirm').addEventListener('close', () => resolve($('confirm').returnValue === 'yes'), { once: true }));
}

const sections = {
  async nodes() {
    const table = await call('list-nodes');
    nodes = table.nodes;
    $('emergency').hidden = !table.emergencyMode;
    rows('node-rows', nodes.map(node => [
      node.address, node.hostName, word(node.role), word(node.state), node.build, time(node.synchronizedAt), time(node.appliedAt), word(node.databases),
      (node.problems ?? []).map(problem => problem.message).join(' ')]));
    status = await call('get-node-status');
    facts('node-status', {
      Node: status.address, 'Host name': status.hostName, Role: word(status.role), State: word(status.state), Synchronized: time(status.synchronizedAt),
      Applied: time(status.appliedAt), 'Settings changed': time(status.settingsChangedAt), Databases: word(status.databases), Clock: time(status.clock),
      License: status.license, Disks: status.disks.map(disk => `${disk.mount} ${disk.freeBytes} of ${disk.totalBytes} bytes free`).join(', '),
      Services: status.services.map(service => `${service.name} ${word(service.state)}`).join(', '),
      Integrity: `${word(status.integrity.state)} ${time(status.integrity.checkedAt)}`, Problems: status.problems.map(problem => problem.message).join(' '),
    });
  },

  async 'message-queue'() {
    await sections.nodes();
    const chosen = $('queue-node').value || status.address;
    $('queue-node').replaceChildren(...nodes.map(node => element('option', `${node.address} ${node.hostName}`, { value: node.address })));
    $('queue-node').value = chosen;
    const node = queueNode();
    const queue = await call('get-queue-summary', { node });
    rows('queue-rows', [['MTA queue', queue.mta], ['KATA quarantine', queue.kataQuarantine], ['Anti-Spam quarantine', queue.antiSpamQuarantine],
      ['SMTP sessions', queue.smtpSessions]]);
    const flow = await call('get-mail-flow', { node });
    for (const name of ['receiving', 'sending']) {
      $('switches').elements[name].checked = $('switches').elements[name].defaultChecked = flow[name];
    }

    await showMessages(node);
  },

  async 'install-update'() {
    const { packages } = await call('list-updates');
    rows('package-rows', packages.map(one => [one.fileName, one.sizeBytes, one.receivedBytes, one.sha256, [
      button('Install update', `Install ${one.fileName} on this node? It restarts.`, 'The installation has begun.', async () => {
        await call('start-update', { id: one.id });
        await sections['install-update']();
      }),
      ' ',
      button('Delete', `Delete ${one.fileName}?`, 'The update package is deleted.', async () => {
        await call('delete-update', { id: one.id });
        await sections['install-update']();
      })]]));
    showUpdate(await call('get-update-status'));
  },

  async 'assign-role'() {
    await sections.nodes();
    facts('role', { Node: status.address, Role: word(status.role) });
  },

  async about() {
    const about = await call('get-about');
    facts('about-rows', { Version: about.version, Build: about.build });
  },
};

/** A page of the messages that wait on a node: the first one, or the one that another told of. */
async function showMessages(node, cursor) {
  const { messages, next } = await call('list-queue', { node, limit: 100, cursor });
  rows('message-rows', messages.map(message => [message.queue, message.sender, message.recipients.join(', '), message.sizeBytes,
    time(message.receivedAt), message.reason]));
  $('next-messages').hidden = !next;
  $('next-messages').onclick = () => act(() => showMessages(node, next));
}

function button(name, question, done, work) {
  const made = element('button', name, { type: 'button' });
  made.addEventListener('click', async () => await confirmed(question) && act(work, done));
  return made;
}

/** What calls about the chosen node name it by: the id that the cluster gives it, else its address. */
function queueNode() {
  const chosen = nodes.find(node => node.address === $('queue-node').value);
  return chosen?.id ?? chosen?.address;
}

function showUpdate(update) {
  facts('update-status', { State: word(update.state), 'Unknown objects': (update.unknownObjects ?? []).join(', '), Message: update.message });
  $('update-progress').value = update.state === 'completed' ? 100 : update.progressPercent ?? 0;
  const runs = ['preparing', 'installing', 'restarting'].includes(update.state);
  if (runs && !follows) {
    follow();
  }

  return runs;
}

/** Watches an installation, however long the node is silent, and loads these pages anew when it is over or the session is. */
async function follow() {
  follows = true;
  for (let runs = true; runs;) {
    await new Promise(resolve => setTimeout(resolve, pollMilliseconds));
    try {
      runs = showUpdate(await call('get-update-status'));
    } catch (failed) {
      runs = failed instanceof NoAnswer;
      $('done').textContent = 'The node restarts; this page is loaded anew when it answers.';
    }
  }

  location.reload();
}

async function show() {
  const id = location.hash.slice(1) in sections ? location.hash.slice(1) : 'nodes';
  for (const section of Object.keys(sections)) {
    $(section).hidden = section !== id;
    document.querySelector(`nav a[href="#${section}"]`).setAttribute('aria-current', section === id ? 'page' : 'false');
  }

  await sections[id]();
}

/** The sign-in, or the pages where a session is open. */
async function start() {
  let user = null;
  try {
    await call('get-auth-info');
    user = await call('get-current-user');
  } catch (failed) {
    if (failed.code !== 'unauthorized') {
      $('alert').textContent = failed.message;
    }
  }

  $('sign-in').hidden = user !== null;
  $('pages').hidden = user === null;
  $('whose').textContent = user ? `${location.host}, ${user.userName}` : location.host;
  if (user) {
    await show();
  } else {
    document.querySelector('#sign-in input').focus();
  }
}

document.querySelector('#sign-in form').addEventListener('submit', event => {
  event.preventDefault();
  const form = event.target;
  act(async () => {
    await call('user-login', {
      username: form.elements.username.value, password: form.elements.password.value, newPassword: '', confirmPassword: '', useDomainCreds: false,
    });
    form.reset();
    await start();
  });
});
$('switches').addEventListener('submit', event => {
  event.preventDefault();
  act(async () => {
    for (const name of ['receiving', 'sending']) {
      const box = $('switches').elements[name];
      if (box.checked !== box.defaultChecked) {
        await call(`set-${name}`, { node: queueNode(), enabled: box.checked });
      }
    }

    await sections['message-queue']();
  }, 'The settings are saved.');
});
$('upload').addEventListener('submit', event => {
  event.preventDefault();
  const [file] = $('upload').elements.file.files;
  act(async () => {
    await call('upload-update', { uploadId: crypto.randomUUID() }, file, percent => { $('upload-progress').value = percent; });
    await sections['install-update']();
  }, 'The update package is uploaded.');
});
$('flush').addEventListener('click', () => act(async () => {
  await call('flush-queue', { node: queueNode(), queue: 'mta' });
  await sections['message-queue']();
}, 'The messages of the MTA queue are on their way.'));
$('check-integrity').addEventListener('click', () => act(async () => {
  await call('start-integrity-check');
  await sections.nodes();
}, 'The check has begun.'));
for (const [id, role] of [['assign-control', 'Control node'], ['assign-secondary', 'Secondary node']]) {
  $(id).addEventListener('click', async () => await confirmed(`Assign this node the role "${role}"?`) && act(async () => {
    await call(id);
    await sections['assign-role']();
  }, 'The role is assigned.'));
}

$('queue-node').addEventListener('change', () => act(sections['message-queue']));
$('refresh').addEventListener('click', () => act(show));
window.addEventListener('hashchange', () => act(show));
act(start);
