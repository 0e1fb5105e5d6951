#!/usr/bin/env node
import { run } from '../dist/main.js';

// A reader that has enough (`sluice audit list | head -1`) ends the command without a word, as it ends others.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(1);
  });
}

process.exitCode = await run(process.argv.slice(2));
