// Runs in each page before any script of its own: keeps what the browser reports of the page, as it reports it.
// What the numbers mean is decided in Python, in vitals.py.
(() => {
  // What is typed into a password field, in whatever frame or component, is told at once, so that it can be struck out of
  // what a failed journey leaves: the page may be gone to another site before it could be asked.
  const fields = new Map();
  const typing = (event) => {
    const [field] = event.composedPath();
    if (!(field instanceof HTMLInputElement) || !field.value) return;
    if (field.type === 'password' && !fields.has(field)) fields.set(field, `${Math.random()}`);
    if (fields.has(field)) window.__alertproof_typed(fields.get(field), field.value);
  };
  for (const type of ['input', 'change']) addEventListener(type, typing, { capture: true, passive: true });

  if (window !== window.top || !/^(https?|file):$/.test(location.protocol)) return;
  const KEY = '__alertproof';  // in sessionStorage: what pages that were left have seen, until the next read
  const FRAMES = 4;  // after so many frames an interaction's paint has been reported, if it ever is
  let painting = () => {};  // called once the page is painted, of a read that waits for it
  const page = {
    id: `${performance.timeOrigin} ${Math.random()}`,
    origin: performance.timeOrigin,
    path: location.pathname,
    fcp: null, lcp: [], shifts: [], events: [], timings: [], long_tasks: [],
    first_input: null, first_hidden: document.visibilityState === 'hidden' ? 0 : null,
    interactions: 0, unsettled: 0, softs: [], paints: [],
  };

  const named = (element) => {
    if (!element) return '';
    const tag = element.localName;
    if (element.id) return `${tag}#${element.id}`;
    return element.classList.length ? `${tag}.${element.classList[0]}` : tag;
  };
  // What was loaded, summed up by type and party; of each address only when it was first asked for and there.
  const loads = new Map();
  const sums = new Map();
  const BY_INITIATOR = {
    xmlhttprequest: 'xhr', fetch: 'fetch', beacon: 'beacon', img: 'image', image: 'image', script: 'js',
    video: 'media', audio: 'media', track: 'media', iframe: 'document', frame: 'document',
  };
  const BY_ENDING = [
    [/\.css$/i, 'css'], [/\.m?js$/i, 'js'], [/\.(woff2?|ttf|otf|eot)$/i, 'font'],
    [/\.(png|jpe?g|gif|svg|webp|avif|ico|bmp)$/i, 'image'], [/\.(mp4|webm|mp3|ogg|wav|m4a)$/i, 'media'],
  ];
  const loaded = (e) => {
    if (!loads.has(e.name)) loads.set(e.name, [e.requestStart || e.startTime, e.responseEnd]);
    if (!/^https?:/.test(e.name)) return;
    const { hostname, pathname } = new URL(e.name);
    const ending = BY_ENDING.find(([pattern]) => pattern.test(pathname));
    const type = BY_INITIATOR[e.initiatorType] || (ending ? ending[1] : 'other');
    const key = `${type} ${hostname === location.hostname ? 'first' : 'third'}`;
    const [count, bytes, duration] = sums.get(key) || [0, 0, 0];
    sums.set(key, [count + 1, bytes + e.transferSize, duration + e.duration]);
  };
  const happened = (e) => {
    if (!e.interactionId) return;
    page.events.push([e.interactionId, e.duration]);
    page.timings.push([e.interactionId, e.startTime, e.duration, e.processingStart, e.processingEnd]);
  };
  const painted = (paint) => (paint ? [paint.renderTime || 0, named(paint.element)] : null);
  const take = {
    // A route change: what had been painted by then, and how many interactions there had been.
    'soft-navigation': (e) => page.softs.push([
      e.startTime, new URL(e.name, location.href).pathname, e.interactionId || 0, e.presentationTime || e.paintTime || 0,
      performance.interactionCount ?? counted,
      painted(e.getLargestInteractionContentfulPaint?.()?.largestContentfulPaint),
    ]),
    'interaction-contentful-paint': (e) => page.paints.push([
      e.interactionId || 0, e.startTime, ...(painted(e.largestContentfulPaint) || [0, '']),
    ]),
    resource: loaded,
    paint: (e) => {
      if (e.name !== 'first-contentful-paint') return;
      page.fcp = e.startTime;
      painting();
    },
    'largest-contentful-paint': (e) => page.lcp.push([e.startTime, named(e.element), e.url]),
    'layout-shift': (e) => page.shifts.push([e.startTime, e.value, e.hadRecentInput]),
    event: happened,
    'first-input': happened,
    longtask: (e) => page.long_tasks.push([e.startTime, e.duration]),
    'visibility-state': (e) => { if (e.name === 'hidden') page.first_hidden ??= e.startTime; },
  };
  const observers = [];
  const unsupported = Object.keys(take).filter((type) => !PerformanceObserver.supportedEntryTypes.includes(type));
  for (const [type, keep] of Object.entries(take)) {
    if (unsupported.includes(type)) continue;
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(keep));
    observer.observe({ type, buffered: true, durationThreshold: 16 });
    observers.push([observer, keep]);
  }

  // An event's duration ends with the next paint, and a browser without a screen paints only when asked to. So each
  // interaction asks for frames; until they have come, its event may still be on its way.
  let counted = 0;
  const frames = (count, then) => (count ? requestAnimationFrame(() => frames(count - 1, then)) : then());
  const interacted = (event) => {
    if (!event.isTrusted) return;
    if (event.type !== 'pointerup') page.first_input ??= event.timeStamp;
    if (event.type === 'click') return;  // of the same interaction as the pointer or the key before it
    counted += 1;
    page.unsettled += 1;
    frames(FRAMES, () => { page.unsettled -= 1; });
  };
  for (const type of ['keydown', 'click', 'pointerup']) addEventListener(type, interacted, { capture: true, passive: true });

  // Playwright's fill() sends this and no key.
  const filled = ({ isTrusted, timeStamp }) => { if (isTrusted) page.first_input ??= timeStamp; };
  addEventListener('input', filled, { capture: true, passive: true });

  const flush = () => { for (const [observer, keep] of observers) observer.takeRecords().forEach(keep); };
  const snapshot = () => {
    flush();
    const [navigation] = performance.getEntriesByType('navigation');
    return {
      ...page,
      unsupported,
      lcp: page.lcp.map(([at, element]) => [at, element]),
      lcp_loads: page.lcp.map(([, , url]) => loads.get(url) || null),
      resources: [...sums].map(([key, sum]) => [...key.split(' '), ...sum]),
      // Not every Chromium counts interactions; ours counts what can be one.
      interactions: performance.interactionCount ?? counted,
      response_start: navigation ? navigation.responseStart : 0,
      load_event_end: navigation ? navigation.loadEventEnd : 0,
      activation_start: (navigation && navigation.activationStart) || 0,
      now: performance.now(),
    };
  };
  const stored = () => {
    try { return JSON.parse(sessionStorage.getItem(KEY)) || []; } catch { return []; }
  };
  addEventListener('pagehide', () => {
    const past = stored();
    past.push(snapshot());
    try { sessionStorage.setItem(KEY, JSON.stringify(past)); } catch { /* no storage here: the last read stands */ }
  });

  const settled = async (limit, last) => {
    const until = performance.now() + limit;
    const frame = () => new Promise((done) => { painting = done; requestAnimationFrame(done); setTimeout(done, 100); });
    flush();
    if (last) {
      await frame();
      await frame();
    }
    while ((page.unsettled || page.fcp === null) && performance.now() < until) await frame();
  };
  Object.defineProperty(window, KEY, {
    value: {
      // Answers with JSON: the pages that were left since the last read, and this one so far.
      // Only the last read waits for what has not been painted yet: until then there will be another one.
      read: async (limit, last) => {
        await settled(limit, last);
        const past = stored();
        try { sessionStorage.removeItem(KEY); } catch { /* none */ }
        return JSON.stringify([...past, snapshot()]);
      },
    },
  });
})();
