import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createListener, type Listener, ListenFailed, listen } from './listener.js';

const open: Listener[] = [];
const start = async (handler: Parameters<typeof createListener>[1]) => {
  const listener = await listen(createListener(undefined, handler), { host: '127.0.0.1', port: 0 }, false, '--api');
  open.push(listener);
  return listener;
};
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.stop(0);
});

/** Sends bytes and reads all that comes until the other side closes. */
const exchange = (port: number, text: string) =>
  new Promise<string>((resolve, reject) => {
    let got = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      got += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(got));
    socket.on('error', reject);
  });

describe('a listener', () => {
  test('says where it is reached', async () => {
    const { url, port } = await start((_, response) => void response.end('here'));
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect(await (await fetch(url)).text()).toBe('here');
  });

  test('tells a client that waits for it to go on', async () => {
    const { port } = await start(async (request, response) => {
      let got = '';
      for await (const chunk of request) got += String(chunk);
      response.end(`got ${got}`);
    });
    const text =
      'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc';
    const answer = await exchange(port, text);
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain('got abc');
  });

  test('on a port in use fails in one line that says what to do', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const failing = listen(
      createListener(undefined, () => {}),
      { host: '127.0.0.1', port },
      false,
      '--oss',
    );
    await expect(failing).rejects.toThrow(ListenFailed);
    await expect(failing).rejects.toThrow(
      `port ${port} on 127.0.0.1 is in use; stop the other program or choose another --oss address`,
    );
    await new Promise((resolve) => taken.close(resolve));
  });

  test('on an address of another machine fails in one line', async () => {
    const failing = listen(
      createListener(undefined, () => {}),
      { host: '203.0.113.1', port: 0 },
      false,
      '--api',
    );
    await expect(failing).rejects.toThrow(
      '203.0.113.1 is not an address of this machine; choose another --api address',
    );
  });

  test('takes 40 KiB of headers, and refuses 100 KiB with 431', async () => {
    const { url, port } = await start(
      (request, response) => void response.end(String(request.headers['x-token']?.length)),
    );
    expect(await (await fetch(url, { headers: { 'x-token': 'x'.repeat(40_960) } })).text()).toBe('40960');
    const refused = await exchange(port, `GET / HTTP/1.1\r\nHost: h\r\nX-Token: ${'x'.repeat(102_400)}\r\n\r\n`);
    expect(refused).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
  });

  test.each(['nonsense\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', 'GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n'])(
    'answers %j with 400 and closes',
    async (text) => {
      const { port } = await start((_, response) => void response.end());
      expect(await exchange(port, text)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    },
  );

  test('refuses a request of two lengths: nothing is smuggled', async () => {
    const { port } = await start((_, response) => void response.end());
    const text =
      'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n';
    expect(await exchange(port, text)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('lets a running request finish when it stops, takes no new one, and then is closed', async () => {
    let release = () => {};
    const running = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const listener = await start(async (_, response) => {
      entered();
      await running;
      response.end('finished');
    });
    const answer = fetch(listener.url).then((response) => response.text());
    await inside;
    const stopped = listener.stop(10_000);
    await expect(fetch(listener.url)).rejects.toThrow();
    release();
    expect(await answer).toBe('finished');
    await stopped;
  });

  test('cuts what does not finish in time', async () => {
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const listener = await start(() => entered());
    const answer = fetch(listener.url).catch(() => 'cut');
    await inside;
    await listener.stop(100);
    expect(await answer).toBe('cut');
  });
});
