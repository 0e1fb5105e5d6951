/** What a scenario needs of a browser, so that it is written once for all engines. */

import type { ThreadCost } from './main-thread-trace.js';

export const ENGINES = ['chromium', 'firefox', 'webkit'] as const;
export type EngineName = (typeof ENGINES)[number];

export interface EngineOptions {
  /** Names that this browser finds on 127.0.0.1. */
  readonly hosts?: readonly string[];
  /** A private window: nothing is kept after it closes, and storage may be limited or absent. */
  readonly privateMode?: boolean;
  /** Pages that are left are kept for the way back, as people have it; the driver turns that off. Chromium only. */
  readonly keepsPages?: boolean;
  /** Cookies are blocked, and with them all that a page may store. Firefox only. */
  readonly noStorage?: boolean;
  /** A phone: touch, small screen, slow processor, slow line. Chromium only. */
  readonly phone?: boolean;
}

/** A browser process with a new, empty profile. */
export interface Engine {
  readonly name: EngineName;
  /** As the browser says it. */
  readonly version: string;
  /** A tab; all tabs of an engine share one profile. */
  newPage(): Promise<EnginePage>;
  /** Ends the process and removes the profile. */
  close(): Promise<void>;
}

export interface EnginePage {
  /** Resolves when the document and its scripts are loaded. */
  open(url: string): Promise<void>;
  reload(): Promise<void>;
  /** To the page before, as it was left where the engine keeps such pages, else loaded anew. */
  back(): Promise<void>;
  /** @returns the JSON value of an expression, awaited. Keep it short: WebKit drives one tab at a time. */
  evaluate(expression: string): Promise<unknown>;
  /** Chooses files of the disk in an `<input type=file>`, the way a person does. */
  setFiles(selector: string, paths: readonly string[]): Promise<void>;
  /** Takes the device off the network, `navigator.onLine` included. Absent where the engine cannot. */
  readonly setOffline?: (offline: boolean) => Promise<void>;
  /** Bytes of JavaScript heap after a garbage collection. Absent where the engine does not tell. */
  readonly heap?: () => Promise<number>;
  /** Records what the main thread does until the answer is called. Absent where the engine does not tell. */
  readonly traceMainThread?: () => Promise<() => Promise<ThreadCost>>;
  close(): Promise<void>;
}

/** The engine's executable: what `scripts/browsers.mjs` found or installed, else Debian's place. */
export function executable(variable: string, place: string): string {
  return process.env[variable] ?? place;
}
