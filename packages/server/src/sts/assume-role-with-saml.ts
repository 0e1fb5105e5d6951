import { z } from 'zod';
import { type Operation, operation } from '../rpc/operation.js';
import { stsErrors } from './errors.js';

/** AssumeRoleWithSAML is known and not there: whoever calls it is told so, and what to call instead. */
export const assumeRoleWithSaml: Operation = operation({
  product: 'sts',
  version: '2015-04-01',
  name: 'AssumeRoleWithSAML',
  description: 'Is not available: SAML identity providers cannot be registered.',
  signed: false,
  input: z.object({}),
  invalid: () => stsErrors.noSaml(),
  denied: stsErrors.noPermission,
  access: async () => [],
  async handle() {
    throw stsErrors.noSaml();
  },
});
