import { gatewayErrors } from '../rpc/gateway-errors.js';
import { RpcError } from '../rpc/rpc-error.js';
import { IMAGE_EXTENSIONS } from './media-types.js';

/** Refusals of VOD. Reference: vod 4. */
export const vodErrors = {
  missing: (name: string) => gatewayErrors.missingParameter(name),
  invalid: (name: string) => gatewayErrors.invalidParameter(name, 'see its type and length in the reference.'),
  imageExtension: () => gatewayErrors.invalidParameter('ImageExt', `use one of ${[...IMAGE_EXTENSIONS].join(', ')}.`),
  mediaExtension: (type: string, allowed: ReadonlySet<string>) =>
    gatewayErrors.invalidParameter('MediaExt', `a ${type} is one of ${[...allowed].join(', ')}.`),
  fileExtension: () =>
    new RpcError(
      400,
      'InvalidFileName.Extension',
      'The specified FileName has no extension, or one that is not of a supported media type.',
    ),
  illegalCharacters: (name: string) =>
    new RpcError(400, 'IllegalCharacters', `The specified ${name} contains illegal characters, such as emoji.`),
  tooLong: (name: string, limit: number) =>
    new RpcError(400, 'LengthExceededMax', `The specified ${name} is longer than ${limit} characters.`),
  tooManyTags: () =>
    new RpcError(400, 'TagsExceededMax', 'The specified Tags are more than 16, or one is longer than 32 characters.'),
  templateGroup: () =>
    new RpcError(404, 'InvalidTemplateGroupId.NotFound', 'The specified TemplateGroupId does not exist.'),
  storage: () => new RpcError(404, 'InvalidStorage.NotFound', 'The specified StorageLocation does not exist.'),
  videoNotFound: () => new RpcError(404, 'InvalidVideo.NotFound', 'The video does not exist.'),
  deleteImageType: () => gatewayErrors.invalidParameter('DeleteImageType', 'images are deleted by ImageId here.'),
  noSuchResource: (named: string) =>
    new RpcError(404, 'NoSuchResource', `The specified resource does not exist: ${named}.`),
  tooManyIds: () => new RpcError(400, 'VideoIdsExceededMax', 'More than 20 ids are specified.'),
  referenceTaken: () =>
    new RpcError(400, 'InvalidParameter', 'The specified ReferenceId is used by another media already.'),
  contentNotFound: () =>
    new RpcError(404, 'ContentNotFound', 'The content is not stored any more: upload the file instead.'),
  invalidChallenge: () =>
    new RpcError(
      400,
      'InvalidChallenge',
      'The specified Challenge has expired, or was made for another caller or content: call FindContent again.',
    ),
  invalidProof: () =>
    new RpcError(400, 'InvalidProof', 'The specified Proof does not show possession of the content: upload the file.'),
  denied: (detail: Readonly<Record<string, string>>) =>
    new RpcError(403, 'Forbidden', 'User not authorized to operate on the specified resource.', detail),
} as const;
