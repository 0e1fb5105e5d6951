/** Query parameters that OSS V1 signs (reference oss 2.1); parameters starting with `x-oss-` are signed too. */
export const OSS_SUB_RESOURCES: ReadonlySet<string> = new Set(
  `accessPoint accessPointPolicy acl append asyncFetch bucketArchiveDirectRead bucketInfo callback callback-var
  cloudboxes cname comp continuation-token cors delete encryption endTime group httpsConfig img inventory inventoryId
  lifecycle link live location logging metaQuery objectInfo objectMeta partNumber policy policyStatus position publicAccessBlock qos
  qosInfo qosRequester redundancyTransition referer regionList replication replicationLocation replicationProgress
  requestPayment requesterQosInfo resourceGroup resourcePool resourcePoolBucketGroup resourcePoolBuckets
  resourcePoolInfo response-cache-control response-content-disposition response-content-encoding
  response-content-language response-content-type response-expires restore security-token sequential startTime stat
  status style styleName symlink tagging transferAcceleration uploadId uploads versionId versioning versions vod
  website worm wormExtend wormId`.split(/\s+/),
);

/** Whether V1 signs a query parameter of this name. */
export const isOssSubResource = (name: string): boolean => OSS_SUB_RESOURCES.has(name) || name.startsWith('x-oss-');
