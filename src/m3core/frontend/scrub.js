// Takes secrets and people's data out of what leaves a JavaScript program: the browser, or Node.
const FILTERED = '[Filtered]';
const PATTERNS = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, FILTERED],
  [/\b([a-z][a-z\d+.-]{1,20}:\/\/[^\s:/@]{0,100}):[^\s@/]{1,200}@/gi, `$1:${FILTERED}@`], // a password in a URL
  [/[^\s@"'<>=&?/]+@[^\s@"'<>=&?/]+\.[^\s@"'<>=&?/,;)]+/g, FILTERED], // an e-mail address
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, FILTERED], // a JSON web token
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${FILTERED}`],
  [/((?:password|passwd|pwd|secret|token|api[-_]?key|session)[\w-]*["']?\s*[:=]\s*["']?)[^\s"'&,;)}]+/gi, `$1${FILTERED}`],
  // Tokens of vendors by their prefixes: Stripe, GitHub, GitLab, Slack, AWS, Google, SendGrid, npm.
  [/\b(?:[sprw]k|whsec)_(?:live_|test_)?\w{16,}|\b(?:gh[pousr]|github_pat|npm)_\w{20,}|\bglpat-[\w-]{16,}/g, FILTERED],
  [/\bxox[abeoprs]-[\w-]{10,}|\b(?:AKIA|ASIA)[A-Z\d]{16}\b|\bAIza[\w-]{30,}|\bSG\.[\w-]{16,}\.[\w-]{16,}/g, FILTERED],
  [/\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){3,7}(?: ?[A-Z\d]{1,3})?\b/g, FILTERED], // an IBAN
  [/\b(?:\d[ -]?){12,18}\d\b/g, FILTERED], // the number of a payment card
  [/\+\d[\d ()./-]{7,18}\d/g, FILTERED], // a telephone number
  [/\b[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]\b|\b\d{3}-\d{2}-\d{4}\b/g, FILTERED], // a codice fiscale, an SSN
];
// The query of one of our addresses is what a person typed into the search.
const QUERY = /([?#])[^\s"')]*/;
const SECRET_KEY = new RegExp(
  'pass(?:word|wd|phrase|code)?$|pwd|secret|token|api[-_]?key|session|cookie|authori[sz]ation|credential|private' +
    '|card|iban|ssn|tax|phone|mail|(?:first|last|sur|full|family|given)[-_]?name|birth|address',
  'i',
);
// What Sentry's own parts of an event are called: names, identifiers and versions, none of them anybody's data.
const OWN = new Set(['event_id', 'timestamp', 'start_timestamp', 'platform', 'sdk', 'release', 'environment', 'type']);
const DEEPEST = 20;

export function scrubText(text) {
  return PATTERNS.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}

export function scrubAddress(address) {
  return scrubText(address.replace(QUERY, `$1${FILTERED}`));
}

// A copy of a value of any depth; what stands under the name of a secret goes whatever it is.
export function scrub(value, depth = 0) {
  if (typeof value === 'string') return scrubText(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth > DEEPEST) return FILTERED;
  if (Array.isArray(value)) return value.map(inner => scrub(inner, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      SECRET_KEY.test(key) && inner !== null && inner !== undefined ? FILTERED : scrub(inner, depth + 1),
    ]),
  );
}

function inPlace(holder, key, change) {
  if (holder && typeof holder[key] === 'string') holder[key] = change(holder[key]);
}

// Datadog lets a hook change these parts of an event and no others.
export function scrubEvent(event) {
  inPlace(event.view, 'url', scrubAddress);
  inPlace(event.view, 'referrer', scrubAddress);
  inPlace(event.resource, 'url', scrubAddress);
  inPlace(event.error, 'message', scrubText);
  inPlace(event.error, 'stack', scrubText);
  inPlace(event.error?.resource, 'url', scrubAddress);
  inPlace(event.action?.target, 'name', scrubText);
}

// What an error says, and what those say that caused it: the SDK shortens it in the event, but not in its stack.
function wordsOf(error, depth = 0) {
  if (!error || typeof error !== 'object' || depth > 5) return [];
  const inner = [error.cause, ...(Array.isArray(error.errors) ? error.errors.slice(0, 20) : [])];
  return [error.message, ...inner.flatMap(each => wordsOf(each, depth + 1))].filter(text => typeof text === 'string');
}

function decoded(text) {
  return text.replace(/(?:%[\da-f]{2})+/gi, octets => {
    try {
      return decodeURI(octets);
    } catch {
      return octets;
    }
  });
}

// A stack begins with the error's message. Of one with several lines the SDK takes a line with a slash, such as one of a
// private key, for a frame: its parts are then called a file and a function, and no pattern knows them any more. In Node
// it is a line with "at" in it, whose escapes are undone, and which may have a function and no file.
function leaveOutLinesOfTheMessage(event, hint) {
  for (const error of event.exception?.values ?? []) {
    const said = [error.value, ...wordsOf(hint?.originalException)].filter(text => typeof text === 'string').join('\n');
    const frames = error.stacktrace?.frames;
    if (!frames || !said.includes('\n')) continue;
    const lines = `${said}\n${decoded(said)}`;
    error.stacktrace.frames = frames.filter(({filename, function: name}) =>
      filename ? /^<\w+>$/.test(filename) || !lines.includes(filename) : !name || name === '?' || !lines.includes(name),
    );
  }
}

// Sentry's errors and transactions: all of what is in them that is not Sentry's own is looked at.
export function scrubError(event, hint) {
  leaveOutLinesOfTheMessage(event, hint);
  const trace = event.contexts?.trace;
  for (const [key, value] of Object.entries(event)) if (!OWN.has(key)) event[key] = scrub(value);
  // Its identifiers are long numbers by chance.
  if (trace) event.contexts.trace = {...event.contexts.trace, trace_id: trace.trace_id, span_id: trace.span_id};
  if (event.request) {
    inPlace(event.request, 'url', scrubAddress);
    inPlace(event.request.headers, 'Referer', scrubAddress);
    delete event.request.query_string;
    delete event.request.cookies;
  }
  for (const crumb of event.breadcrumbs ?? []) {
    for (const key of ['url', 'from', 'to']) inPlace(crumb.data, key, scrubAddress);
    delete crumb.data?.arguments;
  }
  return event;
}
