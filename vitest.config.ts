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
  'packages/server/src/oss/{keys-everywhere,roll-up,scan-xml}.test.ts',
  'packages/server/src/oss/operations/{buckets,bucket-*,list-*,object-tagging}.test.ts',
];

export default defineConfig({
  test: {
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
          exclude: ['**/*.long.test.ts', '**/*.rgw.test.ts', '**/db/sqlite.test.ts', '**/oss/engine/**'],
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
          exclude: process.env.SLUICE_TEST_LONG ? [] : withoutEngine,
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
          exclude: ['**/node_modules/**', '**/*.long.test.ts', '**/*.rgw.test.ts'],
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
