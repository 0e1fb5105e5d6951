import { openChromium } from './chromium.js';
import type { Engine, EngineName, EngineOptions } from './driver.js';
import { openFirefox } from './firefox.js';
import { openWebkit } from './webkit.js';

const OPENERS: Readonly<Record<EngineName, (options: EngineOptions) => Promise<Engine>>> = {
  chromium: openChromium,
  firefox: openFirefox,
  webkit: openWebkit,
};

export const openEngine = (name: EngineName, options: EngineOptions = {}): Promise<Engine> => OPENERS[name](options);
