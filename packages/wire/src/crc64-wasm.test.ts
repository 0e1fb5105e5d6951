import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { crc64 } from './crc64.js';
import { crc64Module, EXPONENTS, MEMORY } from './crc64-module.js';
import { type Crc64Engine, compileCrc64, createCrc64Wasm } from './crc64-wasm.js';
import { utf8 } from './encoding.js';
import { crc64ByBits, powerOfX8 } from './testing/crc64-definition.js';
import vectors from './vectors/crc64.json' with { type: 'json' };

afterEach(() => vi.unstubAllGlobals());

function engine(): Crc64Engine {
  const made = createCrc64Wasm();
  if (!made) throw new Error('This runtime has no WebAssembly SIMD');
  return made;
}

/** Bytes without a pattern, the same every time. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, x = length + 1; i < length; i++) {
    x = (Math.imul(x, 1_103_515_245) + 12_345) | 0;
    bytes[i] = x >>> 16;
  }
  return bytes;
}

describe('the module', () => {
  test('folds by a multiple of the polynomial', () => {
    expect(EXPONENTS.map(powerOfX8).reduce((sum, power) => sum ^ power)).toBe(0n);
  });

  test('is valid, and small', () => {
    const module = crc64Module();
    expect(WebAssembly.validate(module)).toBe(true);
    expect(module.length).toBeLessThan(1024);
  });
});

describe('createCrc64Wasm', () => {
  test.each(vectors)('of "$text" is $crc', ({ text, crc }) => {
    expect(engine().update(0n, utf8(text)).toString()).toBe(crc);
  });

  test('equals the definition for any bytes, also where folding begins', () => {
    const { update } = engine();
    for (const length of [0, 1, 7, 8, 4095, 4096, 4097, 4111, 4112, 5594, 5595, 9999]) {
      expect(update(0n, noise(length)), `${length} bytes`).toBe(crc64ByBits(noise(length)));
    }
  });

  test('goes on from any value, at any length and alignment, without a trace of earlier calls', () => {
    const { update } = engine();
    const data = noise(3 * MEMORY.bufferSize + 100);
    const state = fc.bigInt(0n, (1n << 64n) - 1n);
    const length = fc.oneof(
      fc.nat(10_000),
      fc.integer({ min: MEMORY.bufferSize - 40, max: MEMORY.bufferSize + 40 }),
      fc.nat(3 * MEMORY.bufferSize),
    );
    fc.assert(
      fc.property(state, fc.nat(99), length, (previous, from, bytes) => {
        const chunk = data.subarray(from, from + bytes);
        return update(previous, chunk) === crc64(chunk, previous);
      }),
    );
  });

  test('two engines of one module do not meet', () => {
    const one = engine();
    const other = createCrc64Wasm(one.module) as Crc64Engine;
    expect(other.module).toBe(one.module);
    const a = one.update(0n, utf8('12345'));
    const b = other.update(0n, noise(200_000));
    expect(one.update(a, utf8('6789'))).toBe(0x995dc9bbdf1939fan);
    expect(b).toBe(crc64(noise(200_000)));
  });

  test('is undefined without WebAssembly', () => {
    vi.stubGlobal('WebAssembly', undefined);
    expect(compileCrc64()).toBeUndefined();
    expect(createCrc64Wasm()).toBeUndefined();
  });

  test('is undefined where compiling or instantiating is refused', () => {
    const { module } = engine();
    const refuse = () => {
      throw new WebAssembly.CompileError('Refused by the Content-Security-Policy');
    };
    vi.stubGlobal('WebAssembly', { ...WebAssembly, Module: refuse, Instance: refuse });
    expect(createCrc64Wasm()).toBeUndefined();
    expect(createCrc64Wasm(module)).toBeUndefined();
  });
});
