/**
 * Finds the browsers of the tests; installs Debian's packages where there are none and we may.
 * On its own: `node scripts/browsers.mjs firefox webkit`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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
  if (needs.some((need) => !placeOf(need))) install(title, packages);
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

function install(title, packages) {
  if (!existsSync('/usr/bin/apt-get')) return;
  console.error(`Installing ${title} for the browser tests …`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    const [command, ...rest] = [...sudo, 'apt-get', ...args];
    spawnSync(command, rest, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of process.argv.slice(2)) {
    if (!Object.hasOwn(BROWSERS, name)) throw new Error(`choose from ${Object.keys(BROWSERS).join(', ')}`);
    console.log(Object.values(ensureBrowser(name)).join('\n'));
  }
}
