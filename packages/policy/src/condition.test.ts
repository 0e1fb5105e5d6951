import { describe, expect, test } from 'vitest';
import { conditionHolds } from './condition.js';
import { CONDITION_OPERATORS } from './condition-operators.js';
import { readConditions } from './parse-condition.js';
import { parseStrictJson } from './strict-json.js';

/** All conditions of a block, on one key `k`. */
function holds(block: unknown, given: string | undefined): boolean {
  return readConditions(parseStrictJson(JSON.stringify(block)), '').every((c) => conditionHolds(c, { k: given }));
}

const when = (operator: string, value: unknown) => ({ [operator]: { k: value } });

describe('condition operators (reference ram-sts 3.2)', () => {
  test('are exactly 21', () => {
    expect(CONDITION_OPERATORS.size).toBe(21);
  });

  test.each([
    ['StringEquals', 'a*', 'a*', true],
    ['StringEquals', 'a*', 'ab', false],
    ['StringEquals', 'a', 'A', false],
    ['StringEquals', '', '', true],
    ['StringNotEquals', ['a', 'b'], 'b', false],
    ['StringNotEquals', ['a', 'b'], 'c', true],
    ['StringEqualsIgnoreCase', 'a', 'A', true],
    ['StringNotEqualsIgnoreCase', 'a', 'A', false],
    ['StringLike', 'hangzhou/2014/*', 'hangzhou/2014', false],
    ['StringLike', 'hangzhou/2014/*', 'hangzhou/2014/x/y', true],
    ['StringLike', 'u/?', 'U/1', false],
    ['StringNotLike', 'u/*', 'u/1', false],
    ['StringNotLike', 'u/*', 'v/1', true],
    ['NumericEquals', 10, '10.0', true],
    ['NumericEquals', '10', 'ten', false],
    ['NumericNotEquals', '10', '11', true],
    ['NumericNotEquals', '10', 'ten', false],
    ['NumericLessThan', '10', '10', false],
    ['NumericLessThan', '10', '9', true],
    ['NumericLessThanEquals', '10', '10', true],
    ['NumericGreaterThan', '-1', '-0.5', true],
    ['NumericGreaterThan', '10', '10', false],
    ['NumericGreaterThanEquals', '10', '10', true],
    ['DateEquals', '2026-01-01T08:00:00+08:00', '2026-01-01T00:00:00Z', true],
    ['DateNotEquals', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', true],
    ['DateLessThan', '2026-01-01T08:00+08:00', '2026-01-01T00:00:00Z', false],
    ['DateLessThan', '2026-01-01', '2025-12-31T23:59:59.999Z', true],
    ['DateLessThanEquals', '2026-01-01', '2026-01-01T00:00:00Z', true],
    ['DateGreaterThan', '2026-01-01', '2026-01-01T00:00:00Z', false],
    ['DateGreaterThanEquals', '2026-01-01', '2026-01-01T00:00:00Z', true],
    ['Bool', 'true', 'TRUE', true],
    ['Bool', true, 'true', true],
    ['Bool', 'TRUE', 'false', false],
    ['IpAddress', '10.1.2.3', '10.1.2.3', true],
    ['IpAddress', '10.1.2.3', '10.1.2.4', false],
    ['IpAddress', '10.0.0.0/8', '10.255.0.1', true],
    ['IpAddress', '10.0.0.7/8', '11.0.0.1', false],
    ['IpAddress', '0.0.0.0/0', '203.0.113.9', true],
    ['IpAddress', '0.0.0.0/0', '2001:db8::1', false],
    ['IpAddress', '0.0.0.0/0', '::1', false],
    ['IpAddress', '::/0', '2001:db8::1', true],
    ['IpAddress', '::/0', '10.1.2.3', false],
    ['IpAddress', '2001:db8::/32', '2001:DB8:0:0:0:0:0:1', true],
    ['IpAddress', '2001:db8::/32', '2001:db9::1', false],
    ['IpAddress', '10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['IpAddress', '::ffff:10.0.0.0/104', '10.9.9.9', true],
    ['IpAddress', 'fe80::/10', 'fe80::1%eth0', true],
    ['IpAddress', ['192.0.2.1', '10.0.0.0/8'], '10.1.1.1', true],
    ['IpAddress', '10.0.0.0/8', '010.0.0.1', false],
    ['NotIpAddress', '10.0.0.0/8', '10.1.2.3', false],
    ['NotIpAddress', ['10.0.0.0/8', '192.0.2.0/24'], '203.0.113.1', true],
    ['NotIpAddress', '10.0.0.0/8', 'unknown', false],
  ])('%s %j, given %j: %s', (operator, value, given, expected) => {
    expect(holds(when(operator, value), given)).toBe(expected);
  });

  test.each([...CONDITION_OPERATORS.keys()])('%s does not match a key the request lacks', (operator) => {
    const value = operator.startsWith('Bool') ? 'true' : operator.startsWith('Date') ? '2026-01-01' : '1';
    expect(holds(when(operator, operator.includes('Ip') ? '10.0.0.1' : value), undefined)).toBe(false);
  });

  test('a key that only Object.prototype has is absent', () => {
    const [condition] = readConditions(parseStrictJson('{"StringNotEquals":{"toString":"x"}}'), '');
    expect(condition && conditionHolds(condition, {})).toBe(false);
  });

  test.each([
    ['NumericEquals', 'ten'],
    ['NumericEquals', ''],
    ['DateEquals', '2026-02-30'],
    ['DateEquals', '2026-01-01T00:00:00'],
    ['DateEquals', '2026-01-01T25:00:00Z'],
    ['DateEquals', 'yesterday'],
    ['Bool', 'yes'],
    ['IpAddress', '10.0.0'],
    ['IpAddress', '10.0.0.256'],
    ['IpAddress', '10.0.0.1.'],
    ['IpAddress', '10.0.0.0/33'],
    ['IpAddress', '10.0.0.0/'],
    ['IpAddress', '1::2::3'],
    ['IpAddress', '1:2:3:4:5:6:7'],
    ['IpAddress', '1:2:3:4:5:6:7::8'],
    ['IpAddress', '::ffff:10.0.0.0/95'],
    ['IpAddress', ':1'],
  ])('%s %j is refused at save', (operator, value) => {
    expect(() => holds(when(operator, value), 'x')).toThrow(/is not/);
  });
});
