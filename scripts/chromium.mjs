import { ensureBrowser } from './browsers.mjs';

/** The path of Chromium, for tests that need no other browser. */
export const ensureChromium = () => ensureBrowser('chromium').CHROMIUM;
