/**
 * Finds the browsers of the tests; installs Debian's packages where there are none and we may.
 * On its own: `node scripts/browsers.mjs firefox webkit`.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { installPackages } from './debian.mjs';

/** `variable` names the executable when it lies elsewhere; the tests read it too. */
const BROWSERS = {
  chromium: {
    title: 'Chromium',
    packages: ['chromium'],
    needs: [
      { variable: 'CHROMIUM', places: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'] },
    ],
  },
  firefox: {
    title: 'Firefox',
    packages: ['firefox-esr'],
    needs: [{ variable: 'FIREFOX', places: ['/usr/bin/firefox-esr', '/usr/bin/firefox'] }],
  },
  webkit: {
    title: 'WebKitGTK',
    packages: ['webkit2gtk-driver', 'xvfb'],
    needs: [
      { variable: 'WEBKIT', places: ['/usr/bin/WebKitWebDriver'] },
      { variable: 'XVFB', places: ['/usr/bin/Xvfb'] },
    ],
  },
};

const placeOf = ({ variable, places }) =>
  [process.env[variable], ...places].find((place) => place && existsSync(place));

/**
 * @param {keyof typeof BROWSERS} name
 * @returns {Record<string, string>} environment for the tests: the executables by variable
 */
export function ensureBrowser(name) {
  const { title, packages, needs } = BROWSERS[name];
  if (needs.some((need) => !placeOf(need))) installPackages(packages, `${title} for the browser tests`);
  return Object.fromEntries(
    needs.map((need) => {
      const place = placeOf(need);
      if (!place) {
        throw new Error(`the browser tests need ${title}: install it and set ${need.variable} to its path`);
      }
      return [need.variable, place];
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) {
    if (!Object.hasOwn(BROWSERS, name)) throw new Error(`choose from ${Object.keys(BROWSERS).join(', ')}`);
    console.log(Object.values(ensureBrowser(name)).join('\n'));
  }
}
