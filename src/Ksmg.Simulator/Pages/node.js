// The node's documented calls, in the shape that this node speaks (shape.js: its calls, names, words and times).
import { shape } from './shape.js';

/** The node refuses, in its own words; nothing has changed. */
export class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** No answer of the node: it is down, restarts, or shows a page for people. */
export class NoAnswer extends Error {}

/** Carries out an operation; a file goes out as multipart/form-data, and `progress` is told the percents of it. */
export async function call(operation, args = {}, file = null, progress = () => {}) {
  const route = shape.routes[operation];
  const { url, body } = requestOf(route, args, file);
  const { status, text } = await send(route.method, url, body, progress);
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new NoAnswer(`The node answers ${status} and says nothing.`);
  }

  const names = route.observed ? ownNames : shape.answer;
  const refusal = answer[names.refusal];
  if (refusal) {
    throw new Refusal(refusal[names.code], refusal[names.message]);
  }

  const data = answer[names.data];
  return route.observed ? data : read(data);
}

const ownNames = { data: 'data', refusal: 'error', code: 'code', message: 'message' };

function requestOf(route, args, file) {
  const rest = { ...args };
  const path = route.path.replace(/\{(\w+)\}/g, (_, name) => {
    delete rest[name];
    return encodeURIComponent(args[name]);
  });
  const inQuery = file || route.method === 'GET';
  const query = new URLSearchParams(given(route.query ?? (inQuery && !route.body ? rest : {}), args)).toString();
  const form = new FormData();
  if (file) {
    form.append('file', file);
  }

  return { url: query ? `${path}?${query}` : path, body: file ? form : inQuery ? null : JSON.stringify(given(route.body ?? rest, args)) };
}

/** A template of the shape with its arguments, in the node's words; what is not given is left out. */
function given(template, args) {
  return Object.fromEntries(Object.entries(template)
    .map(([name, value]) => [name, typeof value === 'string' && /^\{\w+\}$/.test(value) ? told(name, args[value.slice(1, -1)]) : value])
    .filter(([, value]) => value !== undefined && value !== null));
}

function told(name, value) {
  return Object.entries(shape.words[name] ?? {}).find(([, ours]) => ours === value)?.[0] ?? value;
}

/** An answer in our names, words and times. */
function read(value, name = '') {
  if (Array.isArray(value)) {
    return value.map(one => read(one, name));
  }

  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([theirs, one]) => [shape.names[theirs] ?? theirs, read(one, theirs)]));
  }

  if (shape.times.includes(name)) {
    return value ? new Date(value).toISOString() : null;
  }

  return shape.words[name]?.[value] ?? value;
}

/** Sends with the cookies of the session and the token of get-auth-info under the header of the node's build. */
function send(method, url, body, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const cookie of document.cookie.split('; ').filter(one => one.includes('XSRF-TOKEN'))) {
      const [name, token] = [cookie.slice(0, cookie.indexOf('=')), cookie.slice(cookie.indexOf('=') + 1)];
      request.setRequestHeader(name.startsWith('KSMG-') ? name : `X-${name}`, token);
    }

    if (typeof body === 'string') {
      request.setRequestHeader('Content-Type', 'application/json');
    }

    request.upload.onprogress = sent => progress(Math.floor(100 * sent.loaded / sent.total));
    request.onload = () => resolve({ status: request.status, text: request.responseText });
    request.onerror = () => reject(new NoAnswer('The node does not answer.'));
    request.send(body);
  });
}
