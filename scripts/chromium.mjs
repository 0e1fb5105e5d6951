/** Finds Chromium for the browser tests; installs Debian's package where there is none and we may. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const found = () => [process.env.CHROMIUM, ...PLACES].find((place) => place && existsSync(place));

export function ensureChromium() {
  const there = found();
  if (there) return there;
  if (existsSync('/usr/bin/apt-get')) {
    console.error('Installing Chromium for the browser tests …');
    const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
      const [command, ...rest] = [...sudo, 'apt-get', ...args];
      spawnSync(command, rest, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    }
  }
  const installed = found();
  if (!installed) throw new Error('the browser tests need Chromium: install it and set CHROMIUM to its path');
  return installed;
}
