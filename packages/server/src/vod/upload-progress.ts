import { z } from 'zod';
import { gatewayErrors } from '../rpc/gateway-errors.js';
import { type Operation, operation } from '../rpc/operation.js';
import { vodErrors } from './errors.js';

/**
 * GetUploadProgress and ReportUploadProgress, undocumented calls of the published SDKs. They carry no access key, so
 * nothing they say is believed and nothing is kept: an answer of 200 is what lets those SDKs go on.
 * Reference: vod 1.8, 2.3, 8.13.
 */
export const uploadProgress: readonly Operation[] = ['GetUploadProgress', 'ReportUploadProgress'].flatMap((name) =>
  ['2017-03-21', '2017-03-14'].map((version) =>
    operation({
      product: 'vod',
      version,
      name,
      description: 'Answers the progress calls of the published upload SDKs.',
      signed: false,
      input: z.object({}),
      invalid: (parameter) => gatewayErrors.invalidParameter(parameter, 'it does not fit this action.'),
      denied: vodErrors.denied,
      access: async () => [],
      handle: async () => ({}),
    }),
  ),
);
