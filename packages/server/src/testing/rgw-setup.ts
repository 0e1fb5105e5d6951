/** Starts a real Ceph RGW for the tests of the project, once. */
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { TestProject } from 'vitest/node';
import { ensureCeph, RGW_KEYS, RGW_REGION, type Rgw, startRgw } from '../../../../scripts/rgw.mjs';
import { rgwClient } from './rgw.js';

let rgw: Rgw | undefined;

export async function setup(project: TestProject): Promise<void> {
  const why = ensureCeph();
  if (why !== undefined) {
    console.warn(`The tests of the S3 engine are skipped: ${why}`);
    project.provide('rgw', { unavailable: why });
    return;
  }
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  rgw = await startRgw();
  const context = { endpoint: rgw.endpoint, region: RGW_REGION, bucket: 'sluice-tests', keys: RGW_KEYS };
  project.provide('rgw', context);
  await rgwClient(context).send(new CreateBucketCommand({ Bucket: context.bucket }));
}

export async function teardown(): Promise<void> {
  await rgw?.stop();
}
