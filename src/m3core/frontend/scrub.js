// Takes secrets and people's data out of what leaves the browser. The pages' own paths hold numbers only.
const FILTERED = '[Filtered]';
const PATTERNS = [
  [/[^\s@"'<>=&?/]+@[^\s@"'<>=&?/]+\.[^\s@"'<>=&?/,;)]+/g, FILTERED], // an e-mail address
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, FILTERED], // a JSON web token
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${FILTERED}`],
  [/((?:password|passwd|pwd|secret|token|api[-_]?key|session)[\w-]*["']?\s*[:=]\s*["']?)[^\s"'&,;)}]+/gi, `$1${FILTERED}`],
  [/\b(?:\d[ -]?){12,18}\d\b/g, FILTERED], // the number of a payment card
];
// The query of one of our addresses is what a person typed into the search.
const QUERY = /([?#])[^\s"')]*/;

export function scrubText(text) {
  return PATTERNS.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text);
}

export function scrubAddress(address) {
  return scrubText(address.replace(QUERY, `$1${FILTERED}`));
}

function inPlace(holder, key, scrub) {
  if (holder && typeof holder[key] === 'string') holder[key] = scrub(holder[key]);
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

// Everything of Sentry's event is text of ours or of the browser: all of it is looked at.
export function scrubError(event) {
  if (event.request) {
    inPlace(event.request, 'url', scrubAddress);
    inPlace(event.request.headers, 'Referer', scrubAddress);
    delete event.request.query_string;
    delete event.request.cookies;
  }
  for (const error of event.exception?.values ?? []) inPlace(error, 'value', scrubText);
  inPlace(event, 'message', scrubText);
  for (const crumb of event.breadcrumbs ?? []) {
    inPlace(crumb, 'message', scrubText);
    for (const key of ['url', 'from', 'to']) inPlace(crumb.data, key, scrubAddress);
    delete crumb.data?.arguments;
  }
  return event;
}
