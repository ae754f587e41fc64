// Asks before something is decided: what will happen, why it is wanted, and as whom it is said.
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
  const { name, decide } = current;
  part('yes').disabled = true;
  write(part('yes'), say('ask.telling'));
  try {
    await decide(part('reason').value);
    part('').close();
  } catch (error) {
    write(part('problem'), error.message);
  }
  write(part('yes'), name);
  part('yes').disabled = false;
});
