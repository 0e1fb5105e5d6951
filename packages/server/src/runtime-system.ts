import { randomBytes } from 'node:crypto';
import type { Clock, Random } from './runtime.js';

export const systemClock: Clock = { now: () => Date.now() };
export const systemRandom: Random = { bytes: (length) => randomBytes(length) };
