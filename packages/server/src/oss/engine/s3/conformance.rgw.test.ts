import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { findRgw, objectNames, type RgwContext, rgwClient, s3Options } from '../../../testing/rgw.js';
import { conformance } from '../testing/conformance.js';
import { openS3Engine } from './s3-engine.js';

conformance('engine/s3 on Ceph RGW', async () => {
  const rgw = findRgw() as RgwContext;
  const client = rgwClient(rgw);
  const options = s3Options(rgw);
  const prefix = `${options.prefix}blobs/`;
  return {
    open: () => openS3Engine(options),
    async kept() {
      const unfinished = await client.send(new ListMultipartUploadsCommand({ Bucket: rgw.bucket, Prefix: prefix }));
      const keys = (unfinished.Uploads ?? []).map(({ Key = '' }) => `unfinished ${Key}`);
      return [...(await objectNames(client, rgw.bucket, prefix)), ...keys];
    },
    async close() {
      client.destroy();
    },
  };
});
