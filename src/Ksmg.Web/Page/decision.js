// Asks before something is decided: what will happen, why it is wanted, and as whom it is said.
import { tell } from './shell.js';
import { say, write } from './view.js';

const part = name => document.getElementById('decision' + (name ? '-' + name : ''));
let current = null;

// What is asked: a name, a text, why it is asked, whether a reason is 'required', 'optional' or not asked for, and what is done with the answer.
export function ask(question) {
  current = question;
  write(part('title'), say('ask', question.name));
  write(part('text'), question.text);
  write(part('why-stopped'), question.why);
  write(part('label'), say(question.reason === 'required' ? 'ask.reason' : 'ask.reason.optional'));
  part('label').hidden = part('reason').hidden = question.reason === null;
  part('reason').required = question.reason === 'required';
  part('reason').value = '';
  write(part('problem'), '');
  write(part('by'), say('ask.by', question.by));
  write(part('yes'), question.name);
  write(part('no'), say('ask.no'));
  part('yes').className = question.isGrave ? 'grave' : 'first';
  part('yes').disabled = false;
  part('').showModal();
}

part('no').addEventListener('click', () => part('').close());
part('form').addEventListener('submit', async event => {
  event.preventDefault();
  const asked = current;
  const isAsked = () => current === asked && part('').open;
  part('yes').disabled = true;
  write(part('yes'), say('ask.telling'));
  try {
    await asked.decide(part('reason').value);
    if (isAsked()) part('').close();
  } catch (error) {
    // Who has closed the question, and may be asked the next one, is told beside it.
    if (!isAsked()) return tell(error.message);
    write(part('problem'), error.message);
  }
  if (!isAsked()) return undefined;
  write(part('yes'), asked.name);
  part('yes').disabled = false;
  return undefined;
});
