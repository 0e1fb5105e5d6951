import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// Workspace packages are read from their sources, so that a test never meets a stale build.
const source = { resolve: { conditions: ['sluice-source'] }, ssr: { resolve: { conditions: ['sluice-source'] } } };

/** What touches the database runs on SQLite in `unit`, and once more on a real PostgreSQL in `postgres`. */
const database = [
  'packages/server/src/{administrator,audit,db,events,gate,keys,oss,ram,sts,vod}/**/*.test.ts',
  'packages/server/src/server.test.ts',
];

/** Of the data plane's tests, those in which an engine plays no part: in CI they are not run a second time for it. */
const withoutEngine = [
  'packages/server/src/oss/{addressing,ali-oss-buckets,ali-oss-listings,append-extents,byte-order,cors,error-details}.test.ts',
  'packages/server/src/oss/{bad-input*,forbidden,keys,keys-everywhere,pace,piece-reader,range,roll-up}.test.ts',
  'packages/server/src/oss/{scan-part-list,scan-xml}.test.ts',
  'packages/server/src/oss/operations/{buckets,bucket-*,delete-*,list-*,object-tagging}.test.ts',
];

/** Likewise those in which no database plays a part, or the same statements as in others. */
const withoutDatabase = [
  'packages/server/src/gate/{rpc-request,signing-keys}.test.ts',
  'packages/server/src/oss/{addressing,append-extents,bad-input*,byte-order,cors,error-details,pace,piece-reader}.test.ts',
  'packages/server/src/oss/{range,scan-part-list,scan-xml}.test.ts',
  'packages/server/src/oss/{callback,post}/**/*.test.ts',
];

/** Pages are looked at one at a time: what they are measured by is also theirs alone. */
const inBrowsers = [
  'e2e/{aliyun-upload-*,browser-examples,demo-page,doctor-page,expiry,interruptions,media,official-web-sdk}.test.ts',
  'e2e/{post-form,react-hooks,web-component}.test.ts',
  'e2e/engines/*.test.ts',
];

const long = Boolean(process.env.SLUICE_TEST_LONG);

export default defineConfig({
  test: {
    // Many tests wait for servers: two at a time also where there are two processors.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          // Need the servers of the projects below.
          exclude: ['**/node_modules/**', '**/*.long.test.ts', '**/db/postgres.test.ts', '**/*.rgw.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        ...source,
        test: {
          name: 'postgres',
          include: database,
          exclude: [
            '**/*.long.test.ts',
            '**/*.rgw.test.ts',
            '**/db/sqlite.test.ts',
            '**/oss/engine/**',
            ...(long ? [] : withoutDatabase),
          ],
          globalSetup: ['packages/server/src/testing/postgres-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          // The data plane once more, on a real Ceph RGW, with the tests of the engine for it.
          name: 's3',
          include: [
            'packages/server/src/oss/*.test.ts',
            'packages/server/src/oss/operations/*.test.ts',
            'packages/server/src/**/*.rgw.test.ts',
            'e2e/**/*.rgw.test.ts',
          ],
          exclude: long ? [] : withoutEngine,
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
          globalSetup: ['packages/server/src/testing/rgw-setup.ts'],
          setupFiles: ['packages/server/src/testing/skip-without-rgw.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.long.test.ts', '**/*.rgw.test.ts', ...inBrowsers],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        ...source,
        test: {
          name: 'browser',
          include: inBrowsers,
          exclude: ['**/*.long.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        ...source,
        test: {
          name: 'long',
          include: ['packages/*/src/**/*.long.test.ts', 'e2e/**/*.long.test.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
