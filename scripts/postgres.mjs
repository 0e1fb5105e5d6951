/**
 * A real PostgreSQL for tests and benchmarks, from Debian's packages: a cluster of its own in a directory of its own, on a
 * free port of 127.0.0.1, with fsync on. Installs the package where there is none and we may.
 * On its own: `node scripts/postgres.mjs` runs one until it is interrupted.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asRoot, hasApt, installPackages } from './debian.mjs';

const DEBIAN = '/usr/lib/postgresql';
const READY_MS = 60_000;

/** Directory of `postgres` and `initdb`; `POSTGRES_BIN` names it when they lie elsewhere. */
function binaries() {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const places = [process.env.POSTGRES_BIN, ...versions.map((version) => join(DEBIAN, version, 'bin'))];
  return places.find((place) => place && existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')));
}

/** @returns the directory of PostgreSQL's programs, installed when they were missing; `undefined` when there are none */
export function ensurePostgres() {
  if (!binaries()) install();
  return binaries();
}

function install() {
  if (!hasApt) return;
  // Debian's package would otherwise start a cluster of its own.
  const own = '/etc/postgresql-common/createcluster.d/sluice-tests.conf';
  const quiet = `mkdir -p ${own.slice(0, own.lastIndexOf('/'))} && echo 'create_main_cluster = false' > ${own}`;
  if (!existsSync('/etc/postgresql-common')) asRoot(['sh', '-c', quiet]);
  installPackages(['postgresql'], 'PostgreSQL for the tests');
}

/** PostgreSQL refuses to run as root: then its own user, or nobody. @returns {{ uid?: number, gid?: number }} */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = entries.find(([name]) => name === 'postgres') ?? entries.find(([name]) => name === 'nobody');
  if (!entry) throw new Error('PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody"');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {{ settings?: readonly string[] }} [options] settings as `name=value` */
export async function startPostgres({ settings = [] } = {}) {
  const bin = ensurePostgres();
  if (!bin) throw new Error('there is no PostgreSQL: install Debian\'s package "postgresql", or set POSTGRES_BIN');
  const directory = mkdtempSync(join(tmpdir(), 'sluice-pg-'));
  const data = join(directory, 'data');
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(directory, 'password');
  const user = unprivileged();
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of [directory, passwordFile]) if (user.uid !== undefined) chownSync(path, user.uid, user.gid);
  const common = { ...user, cwd: directory, env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } };
  const init = [
    '-D',
    data,
    '-U',
    'sluice',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
  ];
  const made = spawnSync(join(bin, 'initdb'), init, { ...common, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error}`);

  let child;
  let port = await freePort();
  /** What the server said, for when it does not start. */
  let said = '';

  async function start() {
    if (child && child.exitCode === null && child.signalCode === null) return;
    const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', directory];
    for (const setting of ['max_connections=200', ...settings]) args.push('-c', setting);
    said = '';
    child = spawn(join(bin, 'postgres'), args, { ...common, stdio: ['ignore', 'ignore', 'pipe'] });
    const own = child;
    own.stderr.on('data', (text) => {
      said = `${said}${text}`.slice(-20_000);
    });
    for (const end = Date.now() + READY_MS; !said.includes('ready to accept connections'); ) {
      if (own.exitCode !== null || own.signalCode !== null) throw new Error(`PostgreSQL did not start: ${said}`);
      if (Date.now() > end) throw new Error(`PostgreSQL is not ready after ${READY_MS} ms: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** @param {NodeJS.Signals} signal SIGINT is PostgreSQL's fast stop, SIGQUIT a crash */
  async function halt(signal = 'SIGINT') {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await start();
        break;
      } catch (error) {
        // Somebody else took the port meanwhile.
        if (attempt >= 3 || !/could not bind|Address already in use/.test(said)) throw error;
        port = await freePort();
      }
    }
  } catch (error) {
    await halt('SIGQUIT');
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
  return {
    url: `postgres://sluice:${password}@127.0.0.1:${port}/postgres`,
    password,
    bin,
    start,
    halt,
    /** Ends it, and removes its files. */
    async stop() {
      await halt('SIGINT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const postgres = await startPostgres();
  console.log(postgres.url);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void postgres.stop());
}
