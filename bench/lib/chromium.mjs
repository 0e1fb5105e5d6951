/** Debian's Chromium with an empty profile of its own, and what its processes use. */
import { chromium } from 'playwright-core';
import { findChild, processorSeconds, residentMib } from './processor-time.mjs';
import { withScratch } from './scratch.mjs';

/** Asking costs the kernel milliseconds a gigabyte: not too often. */
const SAMPLE_MS = 500;
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @template T @param {(browser: { page: import('playwright-core').Page, version: string, measure: typeof measure }) => Promise<T>} use */
export function withChromium(use) {
  return withScratch(async (profile) => {
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      headless: true,
      args: ARGUMENTS,
    });
    try {
      const page = context.pages()[0] ?? (await context.newPage());
      const pid = findChild(profile) ?? process.pid;
      const version = context.browser()?.version() ?? '';
      return await use({ page, version, measure: (act) => measure(pid, act) });
    } finally {
      await context.close();
    }
  });
}

/**
 * Processor seconds and peak of memory (above that of the page at rest) while `act` runs.
 * @template T @param {number} pid @param {() => Promise<T>} act
 */
async function measure(pid, act) {
  const rest = residentMib(pid);
  const before = processorSeconds(pid);
  let peak = rest;
  const sample = () => {
    peak = Math.max(peak, residentMib(pid));
  };
  const timer = setInterval(sample, SAMPLE_MS);
  try {
    const value = await act();
    sample();
    return { ...value, processor: processorSeconds(pid) - before, peakMib: peak - rest };
  } finally {
    clearInterval(timer);
  }
}
