// A Node program that reports by @sentry/node, with the scrubber of M3CoreCRM's browser code in every hook.
// Its fields come as JSON on standard input; SCRUBBING=off leaves the hooks out.
import * as Sentry from '@sentry/node';

import {scrub, scrubError} from 'm3core-scrub'; // src/m3core/frontend/scrub.js, by the bundler

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const {dsn, environment, fields, mark, words} = JSON.parse(Buffer.concat(chunks).toString());
const hooks =
  process.env.SCRUBBING === 'off'
    ? {sendDefaultPii: true}
    : {
        beforeSend: scrubError,
        beforeSendLog: log => ({...log, message: scrub(log.message), attributes: scrub(log.attributes)}),
        beforeSendSpan: span => scrub(span),
      };

Sentry.init({dsn, environment, release: 'node@1', tracesSampleRate: 1, enableLogs: true, ...hooks});
Sentry.setTags({service: 'node-program', correlation_id: mark});
Sentry.setContext('form', fields);
Sentry.setUser({id: '7', email: fields.email});
Sentry.addBreadcrumb({category: 'sign-up', message: `signing up ${words}`, data: fields});
Sentry.logger.info(`signed up ${words}`, {correlation_id: mark, ...fields});
Sentry.startSpan({name: 'sign-up', op: 'job', attributes: {correlation_id: mark}}, () =>
  Sentry.startSpan({name: `insert ${words}`, op: 'db', attributes: fields}, () => {}),
);
Sentry.captureException(new Error(`cannot sign up ${words}`), {extra: {row: fields}});
await Sentry.close(10000);
