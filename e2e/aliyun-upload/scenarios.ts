/** What pages do with an uploader, by name. */

import { callbacks } from './scenarios/callbacks.js';
import { credentials } from './scenarios/credentials.js';
import { expiry } from './scenarios/expiry.js';
import { failures } from './scenarios/failures.js';
import { options } from './scenarios/options.js';
import { paramData } from './scenarios/param-data.js';
import { queue } from './scenarios/queue.js';
import { resume } from './scenarios/resume.js';
import type { Scenarios } from './scenarios/shared.js';
import { uploads } from './scenarios/uploads.js';

export type { Scenario } from './scenarios/shared.js';

export const scenarios: Scenarios = {
  ...uploads,
  ...queue,
  ...expiry,
  ...failures,
  ...resume,
  ...credentials,
  ...paramData,
  ...callbacks,
  ...options,
};
