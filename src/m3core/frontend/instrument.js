// What the pages report from the browser: views, resources and errors. Configured by the page's JSON element.
import {datadogRum} from '@datadog/browser-rum';
import * as Sentry from '@sentry/browser';

import {scrubError, scrubEvent} from './scrub.js';

const page = JSON.parse(document.getElementById('m3core-page').textContent);
// Off only for a control, which shows what there would be to take out.
const scrubbed = page.scrubbing !== 'off';

if (page.sentry) {
  Sentry.init({
    dsn: page.sentry.dsn,
    environment: page.environment,
    release: page.release,
    sendDefaultPii: !scrubbed,
    beforeSend: scrubbed ? scrubError : event => event,
    initialScope: {tags: {service: page.service, tenant: page.tenant, correlation_id: page.correlation_id}},
  });
}

function toSentry(event) {
  return event.type === 'resource' && page.sentry && new URL(event.resource.url).pathname.endsWith('/envelope/');
}

if (page.rum) {
  datadogRum.init({
    applicationId: page.rum.application,
    clientToken: page.rum.token,
    // Whole, and not a site's name: the stand-in's address as well as Datadog's own intake.
    proxy: to => page.rum.url + to.path + '?' + to.parameters,
    service: page.service,
    env: page.env,
    version: page.version,
    sessionSampleRate: 100,
    sessionReplaySampleRate: 0,
    trackUserInteractions: true,
    trackResources: true,
    trackLongTasks: true,
    defaultPrivacyLevel: 'mask-user-input',
    // The trace of a call to our own origin begins here and goes on through the web service to the API.
    allowedTracingUrls: [{match: location.origin, propagatorTypes: ['tracecontext', 'datadog']}],
    traceSampleRate: 100,
    beforeSend: event => {
      // What Sentry's SDK sends is no resource of the page.
      if (toSentry(event)) return false;
      // Here and not as the global context, which the first event of a view does not have yet.
      event.context = {...event.context, tenant: page.tenant, correlation_id: page.correlation_id};
      if (scrubbed) scrubEvent(event);
      return true;
    },
  });
}
