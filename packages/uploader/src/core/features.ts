/** What an uploader can do beside sending files. Who composes one without it does not have it in the bundle. */
import { appAuthority } from './app-authority.js';
import { checkOptions } from './check-options.js';
import { uploadCover } from './cover.js';
import { mediaKind } from './media-kind.js';
import { OneTab } from './one-tab.js';
import { Pace } from './pace.js';
import { progressOf } from './progress-iterator.js';
import type { Features } from './uploader.js';

/** All but the control of the link, which every uploader chooses, and what only the whole one needs. */
export const FEATURES: Omit<Features, 'link'> = {
  appAuthority,
  checkOptions,
  cover: uploadCover,
  mediaKind,
  oneTab: (tabs, lifetime) => new OneTab(tabs, lifetime),
  pace: (clock, limit) => new Pace(clock, limit),
  progressOf,
};
