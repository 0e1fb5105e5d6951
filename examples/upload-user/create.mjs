/**
 * Creates a RAM user that may upload and do nothing else, with an access key, by the official client of RAM.
 *
 *     ACCESS_KEY_ID=… ACCESS_KEY_SECRET=… node create.mjs http://127.0.0.1:8400 news-desk
 */
import openApi from '@alicloud/openapi-core';
import ram from '@alicloud/ram20150501';

const [endpoint = 'http://127.0.0.1:8400', userName = 'uploader'] = process.argv.slice(2);
const { host, protocol } = new URL(endpoint);

const client = new ram.default(
  new openApi.$OpenApiUtil.Config({
    accessKeyId: process.env.ACCESS_KEY_ID,
    accessKeySecret: process.env.ACCESS_KEY_SECRET,
    endpoint: host,
    protocol: protocol === 'https:' ? 'HTTPS' : 'HTTP',
  }),
);

// A group holds the rights, so that the next user is one call.
const groupName = 'uploaders';
const policy = { policyName: 'AliyunVODUploadAuth', policyType: 'System' };
await unlessThere(client.createGroup(new ram.CreateGroupRequest({ groupName, comments: 'May upload media.' })));
await unlessThere(client.attachPolicyToGroup(new ram.AttachPolicyToGroupRequest({ groupName, ...policy })));

await unlessThere(client.createUser(new ram.CreateUserRequest({ userName })));
await unlessThere(client.addUserToGroup(new ram.AddUserToGroupRequest({ userName, groupName })));
const { body } = await client.createAccessKey(new ram.CreateAccessKeyRequest({ userName }));

// The secret is shown this once: keep it where secrets are kept.
console.log(JSON.stringify(body.accessKey.toMap()));

/** Running this twice is fine. */
async function unlessThere(call) {
  try {
    return await call;
  } catch (error) {
    if (!String(error.code).startsWith('EntityAlreadyExists.')) throw error;
  }
}
