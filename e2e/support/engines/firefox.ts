import puppeteer, { type ElementHandle } from 'puppeteer-core';
import { type Engine, type EngineOptions, executable } from './driver.js';
import { newProfile } from './profile.js';

/** Nothing of Firefox's own goes over the network. */
const QUIET = {
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'network.proxy.type': 0,
} as const;
const PROTOCOL_TIMEOUT_MS = 300_000;

/** Debian's Firefox ESR over WebDriver BiDi, which it speaks without a driver process. */
export async function openFirefox(options: EngineOptions): Promise<Engine> {
  const profile = await newProfile('firefox');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: executable('FIREFOX', '/usr/bin/firefox-esr'),
    headless: true,
    userDataDir: profile.directory,
    args: ['--no-remote'],
    env: { ...process.env, HOME: profile.directory, MOZ_HEADLESS: '1', MOZ_DISABLE_CONTENT_SANDBOX: '1' },
    protocolTimeout: PROTOCOL_TIMEOUT_MS,
    extraPrefsFirefox: {
      ...QUIET,
      ...(options.hosts ? { 'network.dns.localDomains': options.hosts.join(',') } : {}),
      ...(options.noStorage ? { 'network.cookie.cookieBehavior': 2 } : {}),
      ...(options.privateMode ? { 'browser.privatebrowsing.autostart': true } : {}),
    },
  });
  return {
    name: 'firefox',
    version: (await browser.version()).replace('firefox/', 'Firefox '),
    async newPage() {
      const page = await browser.newPage();
      return {
        open: async (url) => void (await page.goto(url)),
        reload: async () => void (await page.reload()),
        back: async () => void (await page.goBack()),
        evaluate: (expression) => page.evaluate(expression),
        async setFiles(selector, paths) {
          const input = (await page.$(selector)) as ElementHandle<HTMLInputElement> | null;
          if (!input) throw new Error(`no element fits ${selector}`);
          await input.uploadFile(...paths);
        },
        setOffline: (offline) => page.setOfflineMode(offline),
        close: () => page.close(),
      };
    },
    async close() {
      await browser.close();
      await profile.remove();
    },
  };
}
