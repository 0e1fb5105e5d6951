import { createHash } from 'node:crypto';
import { formatIsoMillis } from '@sluice/wire';
import { invalidArgument, OssError } from '../oss-error.js';
import { isStorageClass } from '../storage-class.js';
import { element } from '../xml.js';
import {
  allowOnly,
  childOf,
  childrenOf,
  exactTextOf,
  malformed,
  type RequestElement,
  readXmlRequest,
  textOf,
} from '../xml-request.js';
import { type Age, expiresObjects, type LifecycleRule, type Transition } from './lifecycle-rules.js';

const MAX_RULES = 1000;
const MAX_ID_BYTES = 255;
const MAX_PREFIX_BYTES = 1023;
const MAX_TAG_KEY = 128;
const MAX_TAG_VALUE = 256;

/**
 * The rules that a PutBucketLifecycle sends. Reference: oss 1.21.
 * @throws {OssError} `MalformedXML`, `InvalidArgument`
 */
export function readLifecycleConfiguration(xml: string): readonly LifecycleRule[] {
  const root = readXmlRequest(xml, 'LifecycleConfiguration');
  allowOnly(root, ['Rule']);
  const given = childrenOf(root, 'Rule');
  if (given.length === 0) throw malformed('It has no Rule.');
  if (given.length > MAX_RULES) throw malformed(`It has more than ${MAX_RULES} rules.`);
  const rules = given.map(readRule);
  refuseEqualIds(rules);
  refuseOverlaps(rules);
  return rules;
}

/** `Days` and `Date` come from an old form of ali-oss, which repeats them as `Expiration`. */
const RULE_MEMBERS = [
  'ID',
  'Prefix',
  'Status',
  'Tag',
  'Expiration',
  'AbortMultipartUpload',
  'Transition',
  'NoncurrentVersionExpiration',
  'NoncurrentVersionTransition',
  'Days',
  'Date',
];

function readRule(rule: RequestElement, index: number): LifecycleRule {
  allowOnly(rule, RULE_MEMBERS);
  const prefix = exactTextOf(rule, 'Prefix') ?? '';
  if (Buffer.byteLength(prefix) > MAX_PREFIX_BYTES) throw invalidArgument('Prefix', prefix, 'It is too long.');
  const id = textOf(rule, 'ID') || madeId(prefix, index);
  if (Buffer.byteLength(id) > MAX_ID_BYTES) throw invalidArgument('ID', id, `It may have ${MAX_ID_BYTES} bytes.`);
  const status = textOf(rule, 'Status');
  if (status !== 'Enabled' && status !== 'Disabled') throw malformed('The Status of a rule is Enabled or Disabled.');
  const tags = childrenOf(rule, 'Tag').map(readTag);
  if (new Set(tags.map(([key]) => key)).size < tags.length) throw invalidArgument('Tag', '', 'A key comes twice.');
  const expiration = childOf(rule, 'Expiration');
  const abort = childOf(rule, 'AbortMultipartUpload');
  if (abort && tags.length > 0) {
    throw invalidArgument('Tag', '', 'Tag cannot be used with AbortMultipartUpload: parts have no tags.');
  }
  const noncurrent = childOf(rule, 'NoncurrentVersionExpiration');
  const read: LifecycleRule = {
    id,
    prefix,
    enabled: status === 'Enabled',
    tags,
    ...(expiration ? { expiration: readExpiration(expiration) } : {}),
    ...(abort ? { abort: readAge(abort) } : {}),
    transitions: childrenOf(rule, 'Transition').map(readTransition),
    ...(noncurrent ? { noncurrentExpiration: readNoncurrentDays(noncurrent) } : {}),
    noncurrentTransitions: childrenOf(rule, 'NoncurrentVersionTransition').map((transition) => ({
      days: readNoncurrentDays(transition, ['StorageClass', ...BY_ACCESS]),
      storageClass: readStorageClass(transition),
      ...readAccessTime(transition),
    })),
  };
  const acts = expiration ?? abort ?? noncurrent ?? read.transitions[0] ?? read.noncurrentTransitions[0];
  if (acts === undefined) throw malformed('A Rule needs an Expiration, an AbortMultipartUpload or another action.');
  return read;
}

/** The same for the same rule, so that setting rules again changes nothing. */
const madeId = (prefix: string, index: number): string =>
  createHash('sha256').update(`${index}:${prefix}`).digest('hex').slice(0, 32);

function readTag(tag: RequestElement): readonly [string, string] {
  allowOnly(tag, ['Key', 'Value']);
  const key = exactTextOf(tag, 'Key') ?? '';
  const value = exactTextOf(tag, 'Value') ?? '';
  if (key === '' || key.length > MAX_TAG_KEY || value.length > MAX_TAG_VALUE) {
    throw invalidArgument('Tag', key, 'A tag has a key of 1 to 128 and a value of up to 256 characters.');
  }
  return [key, value];
}

function readExpiration(expiration: RequestElement): Age | { deleteMarkers: boolean } {
  const markers = textOf(expiration, 'ExpiredObjectDeleteMarker');
  if (markers === undefined) return readAge(expiration);
  allowOnly(expiration, ['ExpiredObjectDeleteMarker']);
  if (markers !== 'true' && markers !== 'false') throw malformed('ExpiredObjectDeleteMarker is true or false.');
  return { deleteMarkers: markers === 'true' };
}

function readAge(action: RequestElement, more: readonly string[] = []): Age {
  allowOnly(action, ['Days', 'CreatedBeforeDate', ...more]);
  const days = textOf(action, 'Days');
  const date = textOf(action, 'CreatedBeforeDate');
  if ((days === undefined) === (date === undefined)) {
    throw malformed(`${action.name} needs either Days or CreatedBeforeDate.`);
  }
  return days === undefined ? { before: readDate(date ?? '') } : { days: readDays('Days', days) };
}

function readDays(name: string, text: string): number {
  const days = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (days < 1) throw invalidArgument(name, text, 'It must be a positive number of days.');
  return days;
}

function readDate(text: string): number {
  const date = /^\d{4}-\d{2}-\d{2}T00:00:00(?:\.000)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  // `Date` makes March of a February 30.
  if (Number.isNaN(date) || !formatIsoMillis(date).startsWith(text.slice(0, 10))) {
    throw invalidArgument('CreatedBeforeDate', text, 'It must be midnight in UTC, like 2030-01-31T00:00:00.000Z.');
  }
  return date;
}

function readNoncurrentDays(action: RequestElement, more: readonly string[] = []): number {
  allowOnly(action, ['NoncurrentDays', ...more]);
  return readDays('NoncurrentDays', textOf(action, 'NoncurrentDays') ?? '');
}

function readTransition(transition: RequestElement): Transition {
  return {
    age: readAge(transition, ['StorageClass', ...BY_ACCESS]),
    storageClass: readStorageClass(transition),
    ...readAccessTime(transition),
  };
}

const BY_ACCESS = ['IsAccessTime', 'ReturnToStdWhenVisit', 'AllowSmallFile'];

/** SDKs say that a rule does not go by the time of access; one that does would need that time. */
function readAccessTime(transition: RequestElement): Pick<Transition, 'isAccessTime'> {
  for (const name of BY_ACCESS) {
    const text = textOf(transition, name)?.toLowerCase();
    if (text !== undefined && text !== 'false') throw malformed(`${transition.name} can hold ${name} as false only.`);
  }
  return childOf(transition, 'IsAccessTime') === undefined ? {} : { isAccessTime: false };
}

function readStorageClass(transition: RequestElement): string {
  const storageClass = textOf(transition, 'StorageClass') ?? '';
  if (isStorageClass(storageClass) && storageClass !== 'Standard') return storageClass;
  throw invalidArgument('StorageClass', storageClass);
}

function refuseEqualIds(rules: readonly LifecycleRule[]): void {
  const seen = new Set<string>();
  for (const { id } of rules) {
    if (seen.has(id)) throw invalidArgument('ID', id, 'Two rules have this ID.');
    seen.add(id);
  }
}

/**
 * Two rules that would both delete, or both abort, the same: which one counts would be a matter of reading. Rules with
 * tags may lie over others, because they pick objects by more than the prefix.
 */
function refuseOverlaps(rules: readonly LifecycleRule[]): void {
  const actions: readonly ((rule: LifecycleRule) => boolean)[] = [
    (rule) => expiresObjects(rule) && rule.tags.length === 0,
    (rule) => rule.abort !== undefined,
  ];
  for (const acts of actions) {
    // In this order a prefix comes right after one that it lies under, or after others that do.
    const sorted = rules
      .filter(acts)
      .map(({ prefix }) => prefix)
      .sort();
    for (const [i, prefix] of sorted.entries()) {
      const before = sorted[i - 1];
      if (before === undefined || !prefix.startsWith(before)) continue;
      throw new OssError('InvalidArgument', {
        message: `The prefixes "${before}" and "${prefix}" of two rules with the same action overlap.`,
        extra: [['ArgumentName', 'Prefix']],
        ec: '0014-00000084',
      });
    }
  }
}

/** The answer of GetBucketLifecycle. */
export function lifecycleConfigurationXml(rules: readonly LifecycleRule[]): string {
  return element('LifecycleConfiguration', rules.map(ruleXml));
}

function ruleXml(rule: LifecycleRule): string {
  const { expiration, abort, noncurrentExpiration } = rule;
  return element('Rule', [
    element('ID', rule.id),
    element('Prefix', rule.prefix),
    element('Status', rule.enabled ? 'Enabled' : 'Disabled'),
    ...rule.tags.map(([key, value]) => element('Tag', [element('Key', key), element('Value', value)])),
    ...(expiration === undefined ? [] : [element('Expiration', [expirationXml(expiration)])]),
    ...rule.transitions.map((transition) =>
      element('Transition', [ageXml(transition.age), ...transitionXml(transition)]),
    ),
    ...(abort === undefined ? [] : [element('AbortMultipartUpload', [ageXml(abort)])]),
    ...(noncurrentExpiration === undefined
      ? []
      : [element('NoncurrentVersionExpiration', [element('NoncurrentDays', noncurrentExpiration)])]),
    ...rule.noncurrentTransitions.map((transition) =>
      element('NoncurrentVersionTransition', [
        element('NoncurrentDays', transition.days),
        ...transitionXml(transition),
      ]),
    ),
  ]);
}

const transitionXml = ({ storageClass, isAccessTime }: Omit<Transition, 'age'>): readonly string[] => [
  element('StorageClass', storageClass),
  ...(isAccessTime === undefined ? [] : [element('IsAccessTime', isAccessTime)]),
];

const ageXml = (age: Age): string =>
  'days' in age ? element('Days', age.days) : element('CreatedBeforeDate', formatIsoMillis(age.before));

const expirationXml = (expiration: NonNullable<LifecycleRule['expiration']>): string =>
  'deleteMarkers' in expiration ? element('ExpiredObjectDeleteMarker', expiration.deleteMarkers) : ageXml(expiration);
