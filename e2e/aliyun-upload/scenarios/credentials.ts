/** Places of their own, keys of the store, and arguments that mean nothing. */
import type { Info } from '../page-types.js';
import { one, type Scenarios } from './shared.js';

export const credentials: Scenarios = {
  'addFile with an endpoint of its own': one(async (t) => {
    t.create('auth', {}, { onUploadstarted: () => undefined });
    const file = t.file(3 * t.part);
    const grant = await t.grant({ file, state: '', isImage: false });
    const address = JSON.parse(atob(grant.UploadAddress)) as Record<string, string>;
    t.uploader.addFile(file, address.Endpoint, address.Bucket, address.FileName, null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (info) t.uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId);
    await t.quiet();
    t.finish();
  }),
  'addFile with an object that the UploadAuth is not for': one(async (t) => {
    t.create('auth');
    t.uploader.addFile(t.file(90_000), null, null, 'somewhere/else.mp4', null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'cname: the endpoint is the domain of the bucket': one(async (t) => {
    t.create('none', { cname: true });
    const file = t.file(3 * t.part);
    const grant = await t.grant({ file, state: '', isImage: false });
    const address = JSON.parse(atob(grant.UploadAddress)) as { Endpoint: string; Bucket: string };
    t.uploader.addFile(file, address.Endpoint.replace('://', `://${address.Bucket}.`), null, null, null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (info) t.uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId);
    await t.quiet();
    t.finish();
  }),
  setSTSTokenDirectlyUpload: one(async (t) => {
    const file = t.file(3 * t.part);
    let auth: Record<string, string> = {};
    t.create(
      'none',
      {},
      {
        onUploadstarted: (info: Info) => {
          t.call('setSTSTokenDirectlyUpload', () =>
            t.uploader.setSTSTokenDirectlyUpload(
              info,
              auth.AccessKeyId,
              auth.AccessKeySecret,
              auth.SecurityToken,
              auth.Expiration,
            ),
          );
        },
      },
    );
    const grant = await t.grant({ file, state: '', isImage: false });
    auth = JSON.parse(atob(grant.UploadAuth)) as Record<string, string>;
    const address = JSON.parse(atob(grant.UploadAddress)) as Record<string, string>;
    t.uploader.addFile(file, address.Endpoint, address.Bucket, address.FileName, null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'setSTSTokenDirectlyUpload with something missing': one(async (t) => {
    t.create(
      'none',
      {},
      {
        onUploadstarted: (info: Info) => {
          t.call('setSTSTokenDirectlyUpload', () => t.uploader.setSTSTokenDirectlyUpload(info, 'a', '', 'c', '3000'));
        },
      },
    );
    t.uploader.addFile(t.file(90_000), 'http://oss.localhost', 'bucket', 'object', null);
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'an empty, and a broken UploadAuth': one(async (t) => {
    t.create('none');
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (!info) return;
    const grant = await t.grant(info);
    t.call('an empty UploadAuth', () => t.uploader.setUploadAuthAndAddress(info, '', grant.UploadAddress, 'id'));
    await t.quiet();
    t.uploader.startUpload();
    await t.quiet();
    t.call('no base64', () => t.uploader.setUploadAuthAndAddress(info, 'abc', grant.UploadAddress, 'id'));
    await t.quiet();
    t.uploader.startUpload();
    await t.quiet();
    t.call('swapped', () => t.uploader.setUploadAuthAndAddress(info, grant.UploadAddress, grant.UploadAuth, 'id'));
    await t.quiet();
    t.finish();
  }),
  'an empty STS token': one(async (t) => {
    t.create(
      'none',
      {},
      {
        onUploadstarted: (info: Info) => t.call('setSTSToken', () => t.uploader.setSTSToken(info, 'a', '', 'c')),
      },
    );
    t.add(t.file(90_000));
    await t.added();
    t.uploader.startUpload();
    await t.quiet();
    t.finish();
  }),
  'a credential for a file that was never started': one(async (t) => {
    t.create('none');
    t.add(t.file(90_000));
    await t.quiet();
    const [info] = t.uploader.listFiles();
    if (!info) return;
    const grant = await t.grant(info);
    t.call('setUploadAuthAndAddress', () =>
      t.uploader.setUploadAuthAndAddress(info, grant.UploadAuth, grant.UploadAddress, grant.VideoId),
    );
    await t.quiet();
    t.finish();
  }),
};
