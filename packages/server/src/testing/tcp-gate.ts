import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to connections from now on. */
export interface GateRules {
  /** Answers with these bytes instead of passing anything on. */
  answer?: string;
  /** Cuts a connection after so many bytes to the server. */
  cutAfter?: number;
  /** Passes so many bytes to the server, then nothing more, and no answer. */
  silentAfter?: number;
  /** Passes so many bytes of an answer, then nothing more. */
  muteAfter?: number;
  /** Changes what goes to the server. */
  change?: (chunk: Buffer) => Buffer;
}

export interface TcpGate {
  readonly port: number;
  rules: GateRules;
  /** Bytes that went to clients so far. */
  readonly bytesToClients: number;
  /** Connections that are open. */
  readonly open: number;
  /** Ends all connections; resolves when clients have noticed. */
  cut(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between a client and a server, and gets things wrong on demand. */
export async function startTcpGate(target: URL, port = 0): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let bytesToClients = 0;
  const server = createServer((client) => {
    sockets.add(client);
    client.once('close', () => sockets.delete(client));
    client.on('error', () => {});
    const { answer, cutAfter, silentAfter, muteAfter, change } = gate.rules;
    if (answer !== undefined) return void client.once('data', () => client.end(answer));
    const upstream = connect(Number(target.port), target.hostname);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    upstream.on('error', end).once('close', end);
    client.once('close', end);
    let sent = 0;
    let told = 0;
    const out = new Transform({
      transform(chunk: Buffer, _, done) {
        sent += chunk.length;
        if (cutAfter !== undefined && sent > cutAfter) return end();
        // Never done: nothing more is taken.
        if (silentAfter !== undefined && sent > silentAfter) return;
        done(null, change?.(chunk) ?? chunk);
      },
    });
    const back = new Transform({
      transform(chunk: Buffer, _, done) {
        told += chunk.length;
        bytesToClients += chunk.length;
        if (muteAfter !== undefined && told > muteAfter) return;
        done(null, chunk);
      },
    });
    client.pipe(out).pipe(upstream);
    upstream.pipe(back).pipe(client);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const cut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await sleep(50);
  };
  const gate: TcpGate = {
    port: (server.address() as AddressInfo).port,
    rules: {},
    get bytesToClients() {
      return bytesToClients;
    },
    get open() {
      return sockets.size;
    },
    cut,
    async close() {
      // First: who is cut off would come back.
      const closed = once(server, 'close');
      server.close();
      await cut();
      await closed;
    },
  };
  return gate;
}
