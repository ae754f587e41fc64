// Asks before something is decided: what will happen, why it is wanted, and as whom it is said.
import { say, time, write } from './view.js';

const part = name => document.getElementById('decision' + (name ? '-' + name : ''));
const needsReason = kind => !['Approve', 'Continue', 'Pause'].includes(kind);
let current = null;

export function nameOf(option) {
  if (option.kind === 'Rollback' && !option.node) return say('do.RollbackAll');
  return say('do.' + option.kind, option.node ?? option.check ?? '');
}

export function ask(view, option) {
  current = { view, option, planHash: view.explanation.planHash };
  const name = nameOf(option);
  write(part('title'), say('ask', name));
  write(part('text'), option.text);
  write(part('why-stopped'), option.until ? say('ask.waived', time(option.until)) : option.kind === 'Approve' ? view.explanation.reason : '');
  write(part('label'), say(needsReason(option.kind) ? 'ask.reason' : 'ask.reason.optional'));
  part('label').hidden = part('reason').hidden = ['Approve', 'Continue'].includes(option.kind);
  part('reason').required = needsReason(option.kind);
  part('reason').value = '';
  write(part('problem'), '');
  write(part('by'), say('ask.by', view.session.name));
  write(part('yes'), name);
  write(part('no'), say('ask.no'));
  part('yes').className = ['Abort', 'Rollback'].includes(option.kind) ? 'grave' : 'first';
  part('yes').disabled = false;
  part('').showModal();
}

part('no').addEventListener('click', () => part('').close());
part('form').addEventListener('submit', async event => {
  event.preventDefault();
  const { view, option, planHash } = current;
  part('yes').disabled = true;
  write(part('yes'), say('ask.telling'));
  try {
    await view.decide({ kind: option.kind, planHash, node: option.node, check: option.check, until: option.until, reason: part('reason').value });
    part('').close();
  } catch (error) {
    write(part('problem'), error.message);
  }
  write(part('yes'), nameOf(option));
  part('yes').disabled = false;
});
