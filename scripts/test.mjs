/**
 * Every test, browser included; `--long` adds the ones that take hours' worth of rounds. Closes with the plain line
 * `N passed, N failed`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ensureBrowser } from './browsers.mjs';
import { ensurePostgres } from './postgres.mjs';
import { ready, root } from './ready.mjs';

ready();
const long = process.argv.includes('--long');
const results = mkdtempSync(join(tmpdir(), 'sluice-test-'));
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
let broken = false;

try {
  const env = { ...process.env, ...(long ? { SLUICE_TEST_LONG: '1' } : {}) };
  for (const browser of ['chromium', ...(long ? ['firefox', 'webkit'] : [])])
    Object.assign(env, ensureBrowser(browser));
  check('biome', ['check', '.'], env);
  check('tsc', ['-p', 'tsconfig.tests.json'], env);
  const postgres = ensurePostgres() !== undefined;
  const projects = ['unit', ...(postgres ? ['postgres'] : []), 's3', 'e2e', 'browser', ...(long ? ['long'] : [])];
  for (const project of projects) runProject(project, env);
  if (!postgres) {
    console.error('\n*** There is no PostgreSQL and it could not be installed: the tests on it were SKIPPED. ***\n');
  }
} finally {
  rmSync(results, { recursive: true, force: true });
}

for (const failure of failures) console.error(failure);
console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`);
process.exitCode = broken || counts.failed > 0 || counts.passed === 0 ? 1 : 0;

function check(tool, args, env) {
  const { status } = spawnSync(join(root, 'node_modules', '.bin', tool), args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env,
  });
  if (status !== 0) fail(`${tool} ${args.join(' ')} failed`);
}

function runProject(project, env) {
  const file = join(results, `${project}.json`);
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      project,
      // Of thousands of tests beside each other one may fail by chance: it gets a second try, and is named in any case. The
      // long ones look for chances.
      ...(project === 'long' ? [] : ['--retry=1']),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { cwd: root, stdio: ['ignore', 2, 2], env },
  );
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      readFileSync(file, 'utf8'),
    );
    counts.passed += numPassedTests;
    counts.failed += numFailedTests;
    counts.skipped += numPendingTests + numTodoTests;
    for (const { name, message, assertionResults } of testResults) {
      const path = relative(root, name);
      if (message) tell('FAILED', project, path, 'the file itself', [message]);
      for (const { status, fullName, failureMessages } of assertionResults) {
        if (status === 'failed') tell('FAILED', project, path, fullName, failureMessages);
        else if (failureMessages.length > 0) tell('PASSED AT THE SECOND TRY', project, path, fullName, failureMessages);
      }
    }
    if (status !== 0 && numFailedTests === 0) fail(`the ${project} tests ended with an error outside of a test`);
  } catch {
    fail(`the ${project} tests gave no result`);
  }
}

/** Said again at the end: who reads only the last page of the output must see it. */
function tell(what, project, path, test, messages) {
  failures.push(`\n${what} (${project}) ${path}: ${test}\n${messages.join('\n').slice(0, 1_500)}\n`);
}

function fail(message) {
  failures.push(message);
  console.error(message);
  broken = true;
}
