import type { ObjectOperation } from '../operation.js';
import { abortMultipartUpload } from './abort-multipart-upload.js';
import { appendObject } from './append-object.js';
import { completeMultipartUpload } from './complete-multipart-upload.js';
import { copyObject } from './copy-object.js';
import { deleteObject } from './delete-object.js';
import { getObject } from './get-object.js';
import { headObject } from './head-object.js';
import { initiateMultipartUpload } from './initiate-multipart-upload.js';
import { listParts } from './list-parts.js';
import { getObjectAcl, putObjectAcl } from './object-acl.js';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './object-tagging.js';
import { putObject } from './put-object.js';
import { uploadPart } from './upload-part.js';
import { uploadPartCopy } from './upload-part-copy.js';

/** Every operation on an object: how it is recognised, what it asks of policy, and who does it. Reference: oss 1, 1.24. */
export const OBJECT_OPERATIONS: readonly ObjectOperation[] = [
  {
    on: 'object',
    name: 'PutObject',
    method: 'PUT',
    subResources: [],
    action: 'oss:PutObject',
    callsBack: true,
    run: putObject,
  },
  {
    on: 'object',
    name: 'GetObject',
    method: 'GET',
    subResources: [],
    action: 'oss:GetObject',
    publicRead: true,
    run: getObject,
  },
  {
    on: 'object',
    name: 'HeadObject',
    method: 'HEAD',
    subResources: [],
    action: 'oss:GetObject',
    publicRead: true,
    run: (plane, call) => headObject(plane, call, 'all'),
  },
  {
    on: 'object',
    name: 'GetObjectMeta',
    method: 'HEAD',
    subResources: ['objectMeta'],
    action: 'oss:GetObject',
    publicRead: true,
    run: (plane, call) => headObject(plane, call, 'meta'),
  },
  {
    on: 'object',
    name: 'DeleteObject',
    method: 'DELETE',
    subResources: [],
    action: 'oss:DeleteObject',
    run: deleteObject,
  },
  {
    on: 'object',
    name: 'CopyObject',
    method: 'PUT',
    subResources: [],
    turnedBy: 'x-oss-copy-source',
    action: 'oss:PutObject',
    run: copyObject,
  },
  {
    on: 'object',
    name: 'AppendObject',
    method: 'POST',
    subResources: ['append', 'position'],
    action: 'oss:PutObject',
    run: appendObject,
  },
  {
    on: 'object',
    name: 'InitiateMultipartUpload',
    method: 'POST',
    subResources: ['uploads'],
    action: 'oss:PutObject',
    run: initiateMultipartUpload,
  },
  {
    on: 'object',
    name: 'UploadPart',
    method: 'PUT',
    subResources: ['partNumber', 'uploadId'],
    action: 'oss:PutObject',
    run: uploadPart,
  },
  {
    on: 'object',
    name: 'UploadPartCopy',
    method: 'PUT',
    subResources: ['partNumber', 'uploadId'],
    turnedBy: 'x-oss-copy-source',
    action: 'oss:PutObject',
    run: uploadPartCopy,
  },
  {
    on: 'object',
    name: 'CompleteMultipartUpload',
    method: 'POST',
    subResources: ['uploadId'],
    action: 'oss:PutObject',
    callsBack: true,
    run: completeMultipartUpload,
  },
  {
    on: 'object',
    name: 'AbortMultipartUpload',
    method: 'DELETE',
    subResources: ['uploadId'],
    action: 'oss:AbortMultipartUpload',
    run: abortMultipartUpload,
  },
  {
    on: 'object',
    name: 'ListParts',
    method: 'GET',
    subResources: ['uploadId'],
    action: 'oss:ListParts',
    run: listParts,
  },
  {
    on: 'object',
    name: 'PutObjectACL',
    method: 'PUT',
    subResources: ['acl'],
    action: 'oss:PutObjectAcl',
    run: putObjectAcl,
  },
  {
    on: 'object',
    name: 'GetObjectACL',
    method: 'GET',
    subResources: ['acl'],
    action: 'oss:GetObjectAcl',
    run: getObjectAcl,
  },
  {
    on: 'object',
    name: 'PutObjectTagging',
    method: 'PUT',
    subResources: ['tagging'],
    action: 'oss:PutObjectTagging',
    run: putObjectTagging,
  },
  {
    on: 'object',
    name: 'GetObjectTagging',
    method: 'GET',
    subResources: ['tagging'],
    action: 'oss:GetObjectTagging',
    run: getObjectTagging,
  },
  {
    on: 'object',
    name: 'DeleteObjectTagging',
    method: 'DELETE',
    subResources: ['tagging'],
    action: 'oss:DeleteObjectTagging',
    run: deleteObjectTagging,
  },
];
