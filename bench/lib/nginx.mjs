/** nginx as a peer. */
import { writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from './children.mjs';

/**
 * One worker, uploads by PUT into `directory`, kept in memory up to `bufferBytes` before they are written.
 * @param {string} file @param {string} directory @param {number} bufferBytes
 */
export async function startNginx(file, directory, bufferBytes) {
  const port = await freePort();
  const inside = (name) => join(directory, name);
  await Promise.all(['files', 'incoming', 'unused'].map((name) => mkdir(inside(name))));
  const unused = ['proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${inside('unused')};`);
  // `incoming` is on the file system of `files`: an upload is renamed into place, not copied.
  writeFileSync(
    inside('nginx.conf'),
    `daemon off;
master_process off;
pid ${inside('pid')};
error_log stderr error;
events { worker_connections 128; }
http {
  access_log off;
  client_body_temp_path ${inside('incoming')};
  ${unused.join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    keepalive_requests 1000000;
    client_max_body_size 0;
    client_body_buffer_size ${bufferBytes};
    location / { root ${inside('files')}; dav_methods PUT; }
  }
}
`,
  );
  const child = start([file, '-p', directory, '-c', inside('nginx.conf'), '-e', 'stderr'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answers(port)) return { process: child, port };
    if (child.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error('nginx did not start');
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (open) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
