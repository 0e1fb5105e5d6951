import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AuditFacts, type ChainedRecord, ChainReader, canonicalForm, chainOn, GENESIS } from './chain.js';
import { factsOf } from './entry.js';

const text = fc.string({ unit: 'binary', maxLength: 20 });
const facts = fc
  .record({
    at: fc.nat(),
    accountId: text,
    principal: text,
    action: text,
    resource: text,
    outcome: fc.constantFrom('Allowed' as const, 'Denied' as const, 'Failed' as const),
    requestId: text,
    sourceIp: text,
    tokenId: text,
    mediaId: text,
    uploadId: text,
    subject: text,
    detail: fc.dictionary(text, text, { maxKeys: 3 }),
  })
  .map(factsOf);
const chain = fc.array(facts, { minLength: 1, maxLength: 20 }).map((all) => chainOn(GENESIS, all));

const faultsOf = (records: readonly ChainedRecord[]): unknown[] => {
  const reader = new ChainReader(GENESIS);
  return records.map((record) => reader.read(record)).filter((fault) => fault !== undefined);
};

describe('the chain', () => {
  it('is read without a fault as it was written', () => {
    fc.assert(
      fc.property(chain, (records) => {
        expect(faultsOf(records)).toEqual([]);
      }),
    );
  });

  it('shows any edit of any member of any record', () => {
    const members = ['account_id', 'principal', 'action', 'resource', 'request_id', 'source_ip'] as const;
    const more = ['token_id', 'media_id', 'upload_id', 'subject', 'detail', 'hash'] as const;
    fc.assert(
      fc.property(chain, fc.nat(), fc.constantFrom(...members, ...more), text, (records, at, member, value) => {
        const i = at % records.length;
        const record = records[i] as ChainedRecord;
        fc.pre(record[member] !== value);
        expect(faultsOf(records.with(i, { ...record, [member]: value }))).not.toEqual([]);
      }),
    );
  });

  it('shows a record that was taken out, but for those at the end', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (records, at) => {
        fc.pre(records.length > 1);
        expect(faultsOf(records.toSpliced(at % (records.length - 1), 1))).not.toEqual([]);
      }),
    );
  });

  it('shows two records that changed places, and one that was put in', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (records, at) => {
        fc.pre(records.length > 1);
        const i = at % (records.length - 1);
        const [a, b] = [records[i] as ChainedRecord, records[i + 1] as ChainedRecord];
        fc.pre(canonicalForm(0, a) !== canonicalForm(0, b));
        expect(faultsOf(records.with(i, { ...b, seq: a.seq }).with(i + 1, { ...a, seq: b.seq }))).not.toEqual([]);
        expect(faultsOf(records.toSpliced(i, 0, a))).not.toEqual([]);
      }),
    );
  });

  it('does not confuse where one member ends and the next begins', () => {
    fc.assert(
      fc.property(facts, facts, (a: AuditFacts, b: AuditFacts) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(canonicalForm(1, a)).not.toBe(canonicalForm(1, b));
      }),
    );
  });

  it('tells each fault once', () => {
    const records = chainOn(
      GENESIS,
      Array.from({ length: 6 }, (_, at) =>
        factsOf({ at, accountId: '', principal: '', action: '', outcome: 'Allowed' }),
      ),
    );
    expect(faultsOf([...records.slice(0, 2), ...records.slice(4)])).toMatchObject([{ kind: 'missing', seq: 3 }]);
  });
});

describe('what a record holds', () => {
  it('is bounded, and fit for a database and a terminal', () => {
    const evil = factsOf({
      at: 1.5,
      accountId: 'a',
      principal: `user/${'x'.repeat(10_000)}`,
      action: 'oss:PutObject\u0000\u001b[2J\u202e',
      resource: '\ud800half',
      outcome: 'Denied',
      detail: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`name${i}`, 'v'.repeat(5000)])),
    });
    expect(evil.principal).toHaveLength(256);
    expect(evil.action).toBe('oss:PutObject\\u{0}\\u{1b}[2J\\u{202e}');
    expect(evil.resource).toBe('\\u{d800}half');
    expect(evil.detail.length).toBeLessThanOrEqual(8192);
    expect(JSON.parse(evil.detail)).toMatchObject({ cut: true });
    const wide = factsOf({
      at: 0,
      accountId: 'a',
      principal: `oidc-provider/login/${'界'.repeat(300)}`,
      action: 'sts:AssumeRoleWithOIDC',
      resource: '界'.repeat(3000),
      outcome: 'Denied',
      detail: {
        why: ['No Allow'],
        ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`n${i}`, '界'.repeat(512)])),
      },
    });
    expect(Buffer.byteLength(Object.values(wide).join(''))).toBeLessThanOrEqual(8192);
    expect(wide.resource).toMatch(/^界+…$/);
    expect(JSON.parse(wide.detail)).toMatchObject({ why: ['No Allow'], n0: '界'.repeat(512), cut: true });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        const { principal } = factsOf({ at: 0, accountId: '', principal: given, action: '', outcome: 'Allowed' });
        expect(Buffer.from(principal, 'utf8').toString('utf8')).toBe(principal);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(principal).not.toMatch(/[\u0000-\u001f\u007f]/);
      }),
    );
  });
});
