import type { Check } from './check.js';
import { cleanupCheck } from './cleanup-check.js';
import { credentialChecks } from './credential-checks.js';
import { grantChecks } from './grant-checks.js';
import { exposureChecks, preflightCheck } from './page-checks.js';
import { storeChecks } from './store-checks.js';
import { vodChecks } from './vod-checks.js';

const beforeUpload = storeChecks.findIndex(({ id }) => id === 'store-initiate');
const afterPart = storeChecks.findIndex(({ id }) => id === 'store-part') + 1;

/** The table of checks, in their order: whatever makes nothing on the server comes before what does. */
export const checks: readonly Check[] = [
  ...vodChecks,
  ...credentialChecks,
  ...grantChecks,
  ...storeChecks.slice(0, beforeUpload),
  preflightCheck,
  ...storeChecks.slice(beforeUpload, afterPart),
  ...exposureChecks,
  ...storeChecks.slice(afterPart),
  cleanupCheck,
];
