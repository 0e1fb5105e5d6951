import type { z } from 'zod';
import { gatewayErrors } from '../rpc/gateway-errors.js';
import { type AccessDemand, type Call, type Operation, operation } from '../rpc/operation.js';
import { invalidRam, ramErrors } from './errors.js';

/** One row of RAM: what differs between its operations. */
export interface RamRow<Input> {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType<Input>;
  /**
   * What it is about, below `acs:ram:*:<account>:` (reference ram-sts 2.5): `user/alice`; `user/*` for what is not there yet.
   * Several are all asked for.
   */
  resource(input: NoInfer<Input>, call: Call): string | readonly string[];
  handle(input: NoInfer<Input>, call: Call): Promise<object>;
  /** Default `ram`. */
  readonly api?: Api;
}

/** RAM itself, and what was later put beside it for people and identity providers; permissions of both are `ram:…`. */
type Api = 'ram' | 'ims';

const VERSIONS = { ram: '2015-05-01', ims: '2019-08-15' } as const;

/** Calls a second of one account; reading and writing are counted by operation. */
const PER_SECOND = 100;

/** An operation of RAM `2015-05-01` or IMS `2019-08-15`: the action is its name. */
export function ramOperation<Input>(row: RamRow<Input>): Operation {
  const api = row.api ?? 'ram';
  return operation<Input>({
    product: api,
    version: VERSIONS[api],
    name: row.name,
    description: row.description,
    signed: true,
    input: row.input,
    invalid: invalidRam,
    denied: ramErrors.denied,
    perSecond: PER_SECOND,
    async access(input, call): Promise<readonly AccessDemand[]> {
      const resources = [row.resource(input, call)].flat();
      const account = accountOf(call);
      return resources.map((below) => ({ action: `ram:${row.name}`, resource: ramResource(account, below) }));
    },
    handle: row.handle,
  });
}

/** @param below `user/alice`; `system:…` names what belongs to no account */
export function ramResource(accountId: string, below: string): string {
  const system = /^system:(.*)$/s.exec(below);
  return system ? `acs:ram:*:system:${system[1]}` : `acs:ram:*:${accountId}:${below}`;
}

/** The caller's account. @throws RpcError for a call without a signature */
export function accountOf({ principal }: Pick<Call, 'principal'>): string {
  if (principal.kind === 'anonymous') throw gatewayErrors.signatureRequired();
  return principal.accountId;
}
