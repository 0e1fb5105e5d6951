import { describe, expect, test } from 'vitest';
import type { RpcError } from '../rpc/rpc-error.js';
import { parseRpcRequest, type RawRpcRequest } from './rpc-request.js';

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];

const raw = (target: string, body = '', rawHeaders: readonly string[] = body ? FORM : []): RawRpcRequest => ({
  method: 'POST',
  target,
  rawHeaders: ['Host', 'h', ...rawHeaders],
  body: Buffer.from(body),
  sourceIp: '192.0.2.1',
  secure: false,
});
const parametersOf = (target: string, body?: string) =>
  Object.fromEntries(parseRpcRequest(raw(target, body)).parameters);

function refusal(request: RawRpcRequest): Pick<RpcError, 'status' | 'code' | 'message'> {
  try {
    parseRpcRequest(request);
  } catch (error) {
    const { status, code, message } = error as RpcError;
    return { status, code, message };
  }
  throw new Error('it was taken');
}

describe('parameters', () => {
  test('are those of the query and of the form', () => {
    expect(parametersOf('/any/path?A=1&B=2', 'C=3')).toEqual({ A: '1', B: '2', C: '3' });
  });

  test('are form-encoded: + is a blank, %2B is a plus', () => {
    expect(parametersOf('/?A=a+b&B=a%2Bb', 'C=a+b&D=a%2Bb')).toEqual({ A: 'a b', B: 'a+b', C: 'a b', D: 'a+b' });
  });

  test('without a value are empty', () => {
    expect(parametersOf('/?A&B=&&')).toEqual({ A: '', B: '' });
  });

  test('keep everything after the first question mark and the first equals sign', () => {
    expect(parametersOf('/?A=b=c?d')).toEqual({ A: 'b=c?d' });
  });

  test('that hold a NUL are refused: the database would end the text there', () => {
    for (const [target, body] of [
      ['/?A=a%00b', ''],
      ['/', 'A=a%00b'],
    ] as const)
      expect(refusal(raw(target, body))).toMatchObject({ status: 400, message: expect.stringContaining('NUL') });
  });

  test('may be named like members of every object', () => {
    expect(parseRpcRequest(raw('/?__proto__=x&constructor=y')).parameters.get('__proto__')).toBe('x');
  });

  test.each([
    ['in the query', '/?A=1&A=2', ''],
    ['in the form', '/', 'A=1&A=2'],
    ['in both', '/?A=1', 'A=1'],
    ['under another spelling', '/?A=1&%41=2', ''],
  ])('given twice %s are refused', (_, target, body) => {
    expect(refusal(raw(target, body))).toEqual({
      status: 400,
      code: 'InvalidParameter',
      message: 'The specified parameter "A" is not valid: it is given more than once.',
    });
  });

  test.each(['/?A=%', '/?A=%4', '/?A=%zz', '/?%ff=1', '/?A=%c3%28', '/?A=%ed%a0%80'])(
    'with a broken escape %s are refused',
    (target) => {
      expect(refusal(raw(target))).toMatchObject({
        code: 'InvalidParameter',
        message: expect.stringContaining('query string'),
      });
      expect(refusal(raw('/', target.slice(2)))).toMatchObject({
        code: 'InvalidParameter',
        message: expect.stringContaining('body'),
      });
    },
  );
});

describe('the body', () => {
  test.each([
    ['application/json'],
    ['text/plain'],
    ['application/x-www-form-urlencodedx'],
    ['multipart/form-data; boundary=x'],
  ])('of type %s is refused', (type) => {
    expect(refusal(raw('/', 'A=1', ['Content-Type', type]))).toMatchObject({ status: 400, code: 'InvalidParameter' });
  });

  test('without a type is refused, not guessed at', () => {
    expect(refusal(raw('/', 'A=1', ['X', 'y'])).code).toBe('InvalidParameter');
  });

  test.each(['application/x-www-form-urlencoded; charset=UTF-8', 'Application/X-WWW-Form-Urlencoded'])(
    'is a form as %s',
    (type) => {
      expect(parseRpcRequest(raw('/', 'A=1', ['Content-Type', type])).parameters.get('A')).toBe('1');
    },
  );

  test('that is empty may have any type', () => {
    expect(parseRpcRequest(raw('/?A=1', '', ['Content-Type', 'application/json'])).parameters.size).toBe(1);
  });
});

describe('headers', () => {
  test.each(['Host', 'authorization', 'Content-Type', 'x-acs-action', 'X-Acs-Security-Token'])(
    '%s given twice is refused',
    (name) => {
      expect(refusal(raw('/', '', [name, 'a', name.toUpperCase(), 'a']))).toMatchObject({
        code: 'InvalidParameter',
        message: `The specified parameter "${name.toLowerCase()}" is not valid: the header is repeated.`,
      });
    },
  );

  test('are UTF-8 by lower-case name', () => {
    const latin1 = Buffer.from('用户').toString('latin1');
    expect(parseRpcRequest(raw('/', '', ['X-Acs-Note', latin1])).headers.get('x-acs-note')).toBe('用户');
  });
});
