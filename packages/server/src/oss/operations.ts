import type { Operation } from './operation.js';
import { abortMultipartUpload } from './operations/abort-multipart-upload.js';
import { completeMultipartUpload } from './operations/complete-multipart-upload.js';
import { deleteObject } from './operations/delete-object.js';
import { getObject } from './operations/get-object.js';
import { headObject } from './operations/head-object.js';
import { initiateMultipartUpload } from './operations/initiate-multipart-upload.js';
import { listParts } from './operations/list-parts.js';
import { putObject } from './operations/put-object.js';
import { uploadPart } from './operations/upload-part.js';

/** Every operation on an object: how it is recognised, what it asks of policy, and who does it. Reference: oss 1, 1.24. */
export const OPERATIONS: readonly Operation[] = [
  { name: 'PutObject', method: 'PUT', subResources: [], action: 'oss:PutObject', run: putObject },
  {
    name: 'GetObject',
    method: 'GET',
    subResources: [],
    action: 'oss:GetObject',
    publicRead: true,
    run: getObject,
  },
  {
    name: 'HeadObject',
    method: 'HEAD',
    subResources: [],
    action: 'oss:GetObject',
    publicRead: true,
    run: (plane, call) => headObject(plane, call, 'all'),
  },
  {
    name: 'GetObjectMeta',
    method: 'HEAD',
    subResources: ['objectMeta'],
    action: 'oss:GetObject',
    publicRead: true,
    run: (plane, call) => headObject(plane, call, 'meta'),
  },
  { name: 'DeleteObject', method: 'DELETE', subResources: [], action: 'oss:DeleteObject', run: deleteObject },
  {
    name: 'InitiateMultipartUpload',
    method: 'POST',
    subResources: ['uploads'],
    action: 'oss:PutObject',
    run: initiateMultipartUpload,
  },
  {
    name: 'UploadPart',
    method: 'PUT',
    subResources: ['partNumber', 'uploadId'],
    action: 'oss:PutObject',
    run: uploadPart,
  },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    subResources: ['uploadId'],
    action: 'oss:PutObject',
    run: completeMultipartUpload,
  },
  {
    name: 'AbortMultipartUpload',
    method: 'DELETE',
    subResources: ['uploadId'],
    action: 'oss:AbortMultipartUpload',
    run: abortMultipartUpload,
  },
  { name: 'ListParts', method: 'GET', subResources: ['uploadId'], action: 'oss:ListParts', run: listParts },
];
