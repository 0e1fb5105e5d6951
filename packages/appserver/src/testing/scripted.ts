/** Scripted far ends and a clock that a test moves. Not part of the package. */
import { parseQuery } from '@sluice/wire';
import type { AssumeRoleRequest, StsCredentials } from '../sts-client.js';
import type { TransportAnswer, TransportRequest } from '../transport.js';

export const START = Date.parse('2026-01-01T00:00:00Z');

export interface MovableClock {
  (): number;
  advance(ms: number): void;
}

export function movableClock(): MovableClock {
  let now = START;
  return Object.assign(() => now, {
    advance: (ms: number) => {
      now += ms;
    },
  });
}

/** An STS that gives numbered tokens of a set life, or fails, or keeps its callers waiting. */
export function scriptedSts(clock: () => number, lifeMs = 3_600_000) {
  const requests: AssumeRoleRequest[] = [];
  let failure: Error | undefined;
  let gate: Promise<void> | undefined;
  let open = () => {};
  return {
    requests,
    fail: (error: Error | undefined) => {
      failure = error;
    },
    hold: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release: () => {
      gate = undefined;
      open();
    },
    assumeRole: async (request: AssumeRoleRequest): Promise<StsCredentials> => {
      requests.push(request);
      const number = requests.length;
      await gate;
      if (failure) throw failure;
      return {
        accessKeyId: `STS.${number}`,
        accessKeySecret: `secret-${number}`,
        securityToken: `token-${number}`,
        expiration: new Date(clock() + lifeMs).toISOString(),
      };
    },
  };
}

/** A transport that records what is sent and answers as told. */
export function scriptedTransport(answer: TransportAnswer | Error) {
  const sent: TransportRequest[] = [];
  return {
    sent,
    params: () => new Map(parseQuery(sent[sent.length - 1]?.body ?? '') ?? []),
    transport: async (request: TransportRequest): Promise<TransportAnswer> => {
      sent.push(request);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}
