import { type Pair, parseIso } from '@sluice/wire';
import { createRpcClient, type RpcAnswer, type RpcEndpoint, type RpcSigner } from './rpc-client.js';
import { StsError } from './upstream-error.js';

/** Temporary keys of a role session. */
export interface StsCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
  /** ISO 8601 UTC, as the service wrote it. */
  readonly expiration: string;
}

/** Parameters of AssumeRole (reference ram-sts 1.3). */
export interface AssumeRoleRequest {
  /** `acs:ram::<account>:role/<name>`. */
  readonly roleArn: string;
  /** 2–64 of `A-Z a-z 0-9 . @ _ -`. */
  readonly roleSessionName: string;
  /** Seconds; 900 up to the role's maximum (3600 unless raised). */
  readonly durationSeconds: number;
  /** Session policy, at most 2048 characters; without one the session has all rights of the role. */
  readonly policy?: string | undefined;
}

/** Calls AssumeRole. Rejects with `StsError`. */
export type AssumeRole = (request: AssumeRoleRequest) => Promise<StsCredentials>;

/** Options of {@link createStsClient}. */
export interface StsClientOptions extends RpcEndpoint {
  /** Key of a RAM user whose only permission should be `sts:AssumeRole` on one role (reference ram-sts 6.2). */
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/**
 * `AssumeRole` of STS 2015-04-01 (reference ram-sts 1.3, 1.5). No retry of its own: the token vendor decides when to
 * ask again.
 *
 * @throws TypeError without an endpoint or a key
 * @throws StsError (as a rejection) for every refusal, missing answer or answer without usable credentials
 */
export function createStsClient(options: StsClientOptions): { readonly assumeRole: AssumeRole } {
  // A variable of the environment that is not set is found here, and not by the first user.
  if (!options.accessKeyId || !options.accessKeySecret)
    throw new TypeError('accessKeyId and accessKeySecret are needed');
  const call = createRpcClient({ ...options, version: '2015-04-01' }, StsError);
  const signer: RpcSigner = { accessKeyId: options.accessKeyId, accessKeySecret: options.accessKeySecret };
  return {
    assumeRole: async (request) => {
      const params: Pair[] = [
        ['RoleArn', request.roleArn],
        ['RoleSessionName', request.roleSessionName],
        ['DurationSeconds', String(request.durationSeconds)],
      ];
      if (request.policy !== undefined) params.push(['Policy', request.policy]);
      return readCredentials(await call(signer, 'AssumeRole', params));
    },
  };
}

function readCredentials(answer: RpcAnswer): StsCredentials {
  const given = answer.Credentials;
  const fields: Record<string, unknown> = typeof given === 'object' && given !== null ? { ...given } : {};
  const text = (name: string): string => {
    const value = fields[name];
    if (typeof value === 'string' && value !== '') return value;
    throw new StsError({ code: 'InvalidAnswer', status: 200, message: `the answer has no Credentials.${name}` });
  };
  const credentials = {
    accessKeyId: text('AccessKeyId'),
    accessKeySecret: text('AccessKeySecret'),
    securityToken: text('SecurityToken'),
    expiration: text('Expiration'),
  };
  if (parseIso(credentials.expiration) === undefined) {
    throw new StsError({ code: 'InvalidAnswer', status: 200, message: 'Credentials.Expiration is no UTC time' });
  }
  return credentials;
}
