/**
 * A throw-away Ceph of one node with its S3 gateway (RGW), for tests and benchmarks: real S3 behaviour without a service to
 * sign up for. Debian's packages are installed where they are missing and we may.
 * On its own: `node scripts/rgw.mjs` runs one until Ctrl-C and prints the settings to use it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hasApt, installPackages } from './debian.mjs';

const PROGRAMS = ['/usr/bin/ceph-mon', '/usr/bin/ceph-mgr', '/usr/bin/ceph-osd', '/usr/bin/radosgw', '/usr/bin/ceph'];
const PACKAGES = ['ceph-mon', 'ceph-mgr', 'ceph-osd', 'ceph-common', 'radosgw'];

export const RGW_KEYS = {
  accessKeyId: 'SLUICETESTKEY0000001',
  secretAccessKey: 'sluice-test-secret-sluice-test-secret-00',
};
export const RGW_REGION = 'us-east-1';

/** @returns {string | undefined} why there is none to be had */
export function ensureCeph() {
  const missing = () => PROGRAMS.filter((program) => !existsSync(program));
  if (missing().length === 0) return undefined;
  if (!hasApt) return 'Ceph is not installed and there is no apt-get to install it';
  installPackages(PACKAGES, 'Ceph for the tests of the S3 engine');
  const still = missing();
  return still.length === 0 ? undefined : `apt-get (as root, or by sudo) could not install ${still.join(', ')}`;
}

/** @type {Set<import('node:child_process').ChildProcess>} */
const living = new Set();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/**
 * @typedef {object} Rgw
 * @property {string} endpoint
 * @property {number} gatewayPid
 * @property {readonly number[]} pids of all its processes
 * @property {() => Promise<void>} stopGateway as when the machine goes down; the data stay
 * @property {() => Promise<void>} startGateway on the same port
 * @property {() => Promise<void>} stop and removes everything
 */

/**
 * @param {object} [options]
 * @param {string} [options.directory] for its state, removed at the end; a new temporary one
 * @param {'memstore' | 'bluestore'} [options.store] in memory, or in a file
 * @param {number} [options.bytes] that it can hold
 * @returns {Promise<Rgw>}
 */
export async function startRgw({ directory, store = 'memstore', bytes = 4 * 2 ** 30 } = {}) {
  const root = directory ?? mkdtempSync(join(tmpdir(), 'sluice-rgw-'));
  const inside = (...names) => join(root, ...names);
  for (const name of ['mon', 'mgr', 'osd', 'rgw', 'run', 'log']) mkdirSync(inside(name), { recursive: true });
  const [monitor, monitorV1, gateway] = await freePorts(3);
  const conf = inside('ceph.conf');
  const keyring = inside('keyring');
  writeFileSync(conf, configuration({ root, monitor, monitorV1, gateway, store, bytes }));
  // Debian's ceph is a Python program; its own Python is the one that has its modules.
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...rest } = process.env;
  const env = { ...rest, CEPH_CONF: conf };
  const children = new Map();

  const run = (program, ...args) => {
    const { status, stdout, stderr } = spawnSync(program, args, { env, encoding: 'utf8', timeout: 60_000 });
    if (status !== 0) throw new Error(`${program} ${args[0]} failed: ${String(stderr).trim().split('\n').at(-1)}`);
    return stdout;
  };
  const ceph = (...args) => run('ceph', '-c', conf, '--connect-timeout', '30', ...args);
  const start = (name, program, ...args) => {
    const log = openSync(inside('log', `${name}.out`), 'a');
    const child = spawn(...dyingWithUs(program, ['-c', conf, ...args, '-f']), { env, stdio: ['ignore', log, log] });
    children.set(name, child);
    living.add(child);
    child.once('exit', () => living.delete(child));
    return child;
  };
  const until = async (what, ready) => {
    for (const end = performance.now() + 90_000; performance.now() < end; await sleep(100)) {
      if (await ready()) return;
    }
    throw new Error(`Ceph did not get ready: ${what}; see ${inside('log')}`);
  };
  const end = async (child) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    // Nothing of it is kept, so nothing has to be put in order.
    child.kill('SIGKILL');
    await gone;
  };
  const answers = () =>
    fetch(`http://127.0.0.1:${gateway}/`).then(
      () => true,
      () => false,
    );
  const startGateway = async () => {
    start('gateway', 'radosgw', '-n', 'client.rgw.a');
    await until('the gateway', answers);
  };
  const stop = async () => {
    for (const child of [...children.values()].reverse()) await end(child);
    rmSync(root, { recursive: true, force: true, maxRetries: 3 });
  };

  try {
    run('ceph-authtool', '--create-keyring', keyring, '--gen-key', '-n', 'mon.', '--cap', 'mon', 'allow *');
    for (const [name, ...caps] of ENTITIES) run('ceph-authtool', keyring, '--gen-key', '-n', name, ...caps);
    const map = inside('monmap');
    const address = `[v2:127.0.0.1:${monitor},v1:127.0.0.1:${monitorV1}]`;
    run('monmaptool', '--create', '--clobber', '--fsid', FSID, '--addv', 'a', address, map);
    run('ceph-mon', '-c', conf, '--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring);
    start('monitor', 'ceph-mon', '-i', 'a');
    await until(
      'the monitor',
      () => spawnSync('ceph', ['-c', conf, '--connect-timeout', '5', 'mon', 'stat'], { env }).status === 0,
    );
    start('manager', 'ceph-mgr', '-i', 'x');
    const uuid = randomUUID();
    ceph('osd', 'new', uuid, '0', '-i', secretOf(run, keyring, inside('osd.json')));
    run('ceph-osd', '-c', conf, '-i', '0', '--mkfs', '--osd-uuid', uuid);
    start('storage', 'ceph-osd', '-i', '0');
    await until('the storage', () => /"num_up_osds":1,/.test(ceph('osd', 'stat', '-f', 'json')));
    await startGateway();
    run(
      'radosgw-admin',
      '-c',
      conf,
      '-n',
      'client.admin',
      'user',
      'create',
      '--uid=sluice',
      '--display-name=sluice',
      '--max-buckets=0',
      `--access-key=${RGW_KEYS.accessKeyId}`,
      `--secret=${RGW_KEYS.secretAccessKey}`,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    endpoint: `http://127.0.0.1:${gateway}`,
    get gatewayPid() {
      return children.get('gateway').pid;
    },
    get pids() {
      return [...children.values()].map(({ pid }) => pid);
    },
    stopGateway: () => end(children.get('gateway')),
    startGateway,
    stop,
  };
}

const FSID = randomUUID();
const ENTITIES = [
  [
    'client.admin',
    '--cap',
    'mon',
    'allow *',
    '--cap',
    'osd',
    'allow *',
    '--cap',
    'mds',
    'allow *',
    '--cap',
    'mgr',
    'allow *',
  ],
  ['mgr.x', '--cap', 'mon', 'allow profile mgr', '--cap', 'osd', 'allow *'],
  ['client.rgw.a', '--cap', 'mon', 'allow rw', '--cap', 'osd', 'allow rwx', '--cap', 'mgr', 'allow rw'],
  ['osd.0', '--cap', 'mon', 'allow profile osd', '--cap', 'mgr', 'allow profile osd', '--cap', 'osd', 'allow *'],
];

function secretOf(run, keyring, file) {
  const secret = run('ceph-authtool', keyring, '-n', 'osd.0', '-p').trim();
  writeFileSync(file, JSON.stringify({ cephx_secret: secret }), { mode: 0o600 });
  return file;
}

/** Ends with us, also when we are killed. */
function dyingWithUs(program, args) {
  return existsSync('/usr/bin/setpriv') ? ['setpriv', ['--pdeathsig', 'KILL', program, ...args]] : [program, args];
}

const configuration = ({ root, monitor, monitorV1, gateway, store, bytes }) => `[global]
fsid = ${FSID}
mon host = [v2:127.0.0.1:${monitor},v1:127.0.0.1:${monitorV1}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
run dir = ${root}/run
admin socket = ${root}/run/$name.asok
log file = ${root}/log/$name.log
pid file = ${root}/run/$name.pid
crash dir = ${root}/run/crash
keyring = ${root}/keyring
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon max pg per osd = 1000
mon warn on pool no redundancy = false
mon data avail warn = 1
mon data avail crit = 1
auth allow insecure global id reclaim = false
[mon.a]
mon data = ${root}/mon
[mgr]
mgr data = ${root}/mgr
mgr initial modules =
[osd]
osd data = ${root}/osd
osd objectstore = ${store}
osd memory target = 1073741824
osd max object name len = 460
osd max object namespace len = 64
osd crush update on start = true
osd class update on start = false
bluestore block create = true
bluestore block size = ${bytes}
bluestore fsck on mount = false
memstore device bytes = ${bytes}
[client.rgw.a]
rgw data = ${root}/rgw
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw dns name = localhost
rgw enable usage log = false
rgw enable ops log = false
rgw gc max objs = 32
rgw dynamic resharding = false
`;

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push(server.address().port);
  }
  for (const server of servers) server.close();
  return ports;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const why = ensureCeph();
  if (why) {
    console.error(why);
    process.exit(1);
  }
  const rgw = await startRgw();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void rgw.stop().then(() => process.exit(0)));
  console.log(
    [
      'export SLUICE_STORAGE=s3',
      `export SLUICE_S3_ENDPOINT=${rgw.endpoint}`,
      `export SLUICE_S3_REGION=${RGW_REGION}`,
      `export SLUICE_S3_ACCESS_KEY_ID=${RGW_KEYS.accessKeyId}`,
      `export SLUICE_S3_SECRET_ACCESS_KEY=${RGW_KEYS.secretAccessKey}`,
      'export SLUICE_S3_BUCKET=sluice   # to be made first, with any S3 client',
    ].join('\n'),
  );
}
