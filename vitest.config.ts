import { defineConfig } from 'vitest/config';

// Workspace packages are read from their sources, so that a test never meets a stale build.
const source = { resolve: { conditions: ['sluice-source'] }, ssr: { resolve: { conditions: ['sluice-source'] } } };

/** What touches the database runs on SQLite in `unit`, and once more on a real PostgreSQL in `postgres`. */
const database = [
  'packages/server/src/{db,events,gate,oss,ram,sts,vod}/**/*.test.ts',
  'packages/server/src/server.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/db/postgres.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        ...source,
        test: {
          name: 'postgres',
          include: database,
          exclude: ['**/db/sqlite.test.ts', '**/oss/engine/**'],
          globalSetup: ['packages/server/src/testing/postgres-server.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts', 'examples/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.long.test.ts'],
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
