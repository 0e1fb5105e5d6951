export type { AppServerCode } from './answers.js';
export { type AppServerOptions, createAppServer, type Handler } from './app-server.js';
export { toNodeHandler } from './node-handler.js';
export type { RpcAnswer, RpcEndpoint } from './rpc-client.js';
export { sessionNameOf } from './session-name.js';
export { SESSION_POLICY_LIMIT, SessionPolicyError } from './session-policy.js';
export {
  type AssumeRole,
  type AssumeRoleRequest,
  createStsClient,
  type StsClientOptions,
  type StsCredentials,
} from './sts-client.js';
export { createTokenVendor, type TokenVendor, type TokenVendorOptions, type VendedToken } from './token-vendor.js';
export {
  createFetchTransport,
  type FetchTransportOptions,
  fetchTransport,
  type Transport,
  type TransportAnswer,
  TransportError,
  type TransportRequest,
} from './transport.js';
export {
  type CreateImage,
  type CreateVideo,
  createUploadBroker,
  type UploadBroker,
  type UploadBrokerOptions,
  type UploadGrant,
} from './upload-broker.js';
export { UploadScopeError, type UploadScopeOptions, uploadScope } from './upload-scope.js';
export { StsError, UpstreamError, type UpstreamFailure, VodError } from './upstream-error.js';
export type { UserRateLimit } from './user-rate-limit.js';
