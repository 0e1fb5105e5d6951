/**
 * The WebAssembly module of the CRC, put together at run time: there is no binary to trust and no file to serve.
 *
 * The bulk needs neither tables nor multiplication. Modulo the polynomial of the CRC the eight terms x^(8·e) of
 * {@link EXPONENTS} add up to nothing. So a byte may be taken away where it stands when it is added (xor) at the seven
 * places behind it that correspond to the other exponents: the CRC stays what it is. Sixteen bytes at once are folded
 * forward this way with seven loads and seven xors, until the last 1.5 KB are left for the tables. The idea is that of
 * Chorba (S. Russell, arXiv 2412.16398); this multiple was found by a search, and a test divides it.
 */
export const EXPONENTS = [0, 105, 132, 316, 1018, 1163, 1272, 1498] as const;

const WINDOW = 1498;
/** Bytes; below this folding gains nothing. */
const FOLD_FROM = 4096;

const TABLES = 0;
const TABLE_SIZE = 2048;
const REST = 16_896;

/** Where things lie in the memory of the module. Before the buffer there are zeros, {@link WINDOW} at least. */
export const MEMORY = {
  /** Low and high half of the CRC. */
  state: 16_384,
  buffer: 32_768,
  bufferSize: 131_072,
} as const;

const PAGES = Math.ceil((MEMORY.buffer + MEMORY.bufferSize + 16) / 65_536);

type Code = readonly (number | Code)[];

/** Signed LEB128. Where the format wants it unsigned, the sign costs a byte more at worst, which the format allows. */
const leb = (value: number): Code =>
  value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, leb(Math.floor(value / 128))];

const I32 = 0x7f;
const I64 = 0x7e;
const NOTHING = 0x40;

const i32 = (value: number): Code => [0x41, leb(value)];
const i64 = (value: number): Code => [0x42, leb(value)];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const when = (body: Code): Code => [0x04, NOTHING, body, 0x0b];
/** Tests after the body. */
const repeatWhile = (condition: Code, body: Code): Code => [0x03, NOTHING, body, condition, 0x0d, 0, 0x0b];
const whileBelow = (local: number, limit: Code, body: Code): Code => {
  const below = [get(local), limit, 0x49];
  return [below, when(repeatWhile(below, body))];
};

const add = 0x6a;
const sub = 0x6b;
const and = 0x71;
const shiftLeft = 0x74;
const atLeast = 0x4f;
const toI64 = 0xad;
const toI32 = 0xa7;
const multiply64 = 0x7e;
const and64 = 0x83;
const xor64 = 0x85;
const shiftLeft64 = 0x86;
const shiftRight64 = 0x88;
const load64 = (offset: number): Code => [0x29, 0, leb(offset)];
const store64 = (offset: number): Code => [0x37, 0, leb(offset)];
const loadByte64 = [0x31, 0, 0];
const load128 = (offset: number): Code => [0xfd, 0, 0, leb(offset)];
const store128 = (offset: number): Code => [0xfd, 11, 0, leb(offset)];
const xor128 = [0xfd, 0x51];
const copy = [0xfc, 10, 0, 0];
const fill = [0xfc, 11, 0];

const advance = (local: number, by: number): Code => [get(local), i32(by), add, set(local)];

/** Runs once, when the module is instantiated: the tables for slicing by eight bytes. */
function buildTables(): Code {
  const [at, count, crc] = [0, 1, 2];
  const bit = [get(crc), i64(1), shiftRight64, get(crc), i64(1), and64, polynomial, multiply64, xor64, set(crc)];
  return [
    whileBelow(at, i32(TABLE_SIZE), [
      [get(at), toI64, i64(3), shiftRight64, set(crc)],
      [i32(0), set(count)],
      whileBelow(count, i32(8), [bit, advance(count, 1)]),
      [get(at), get(crc), store64(TABLES)],
      advance(at, 8),
    ]),
    [i32(0), set(at)],
    whileBelow(at, i32(7 * TABLE_SIZE), [
      [get(at), load64(TABLES), set(crc)],
      [get(at), next(crc, [get(crc), toI32]), store64(TABLES + TABLE_SIZE)],
      advance(at, 8),
    ]),
  ];
}

const polynomial: Code = [i64(0xc96c5795), i64(32), shiftLeft64, i64(0xd7870f42), xor64];

/** The CRC one byte on: `index` is that byte, with the low byte of the CRC. */
const next = (crc: number, index: Code): Code => [
  [get(crc), i64(8), shiftRight64],
  [index, i32(255), and, i32(3), shiftLeft, load64(TABLES), xor64],
];

/** `run(length)`: brings the CRC forward by so many bytes of the buffer. */
function run(): Code {
  const [end, at, cut, out, crc] = [0, 1, 2, 3, 4];

  /** Folds up to `limit − WINDOW`; `at` runs WINDOW bytes behind what is written. */
  const fold = (target: number, offset: number, limit: number): Code =>
    repeatWhile(
      [get(at), get(limit), i32(WINDOW), sub, 0x49],
      [
        [get(target), get(target), load128(offset)],
        EXPONENTS.slice(0, -1).map((exponent) => [get(at), load128(exponent), xor128]),
        [store128(offset), advance(at, 16)],
        target === at ? [] : advance(target, 16),
      ],
    );

  const lookUp = (byte: number): Code => [
    [get(crc), i64(8 * byte), shiftRight64, toI32, i32(255), and, i32(3), shiftLeft],
    load64(TABLES + (7 - byte) * TABLE_SIZE),
  ];

  return [
    [i32(0), load64(MEMORY.state), i64(-1), xor64, set(crc)],
    [i32(MEMORY.buffer), set(at), advance(end, MEMORY.buffer)],
    [get(end), i32(MEMORY.buffer + FOLD_FROM), atLeast],
    when([
      // The CRC so far is as good as bytes of the message.
      [get(at), get(at), load64(0), get(crc), xor64, store64(0), i64(0), set(crc)],
      [get(end), i32(WINDOW), sub, i32(-16), and, set(cut)],
      [i32(MEMORY.buffer - WINDOW), set(at), fold(at, WINDOW, cut)],
      // The last window takes what was folded before the cut, and is itself not folded on: so zeros stand in its place.
      [i32(REST), get(cut), get(end), get(cut), sub, copy],
      [get(cut), i32(0), get(end), get(cut), sub, fill],
      [i32(REST), set(out), fold(out, 0, end)],
      [i32(REST), set(at), get(end), get(cut), sub, i32(REST), add, set(end)],
    ]),
    [get(at), get(end), get(at), sub, i32(-8), and, add, set(cut)],
    whileBelow(at, get(cut), [
      [get(crc), get(at), load64(0), xor64, set(crc)],
      [lookUp(0), [1, 2, 3, 4, 5, 6, 7].map((byte) => [lookUp(byte), xor64]), set(crc)],
      advance(at, 8),
    ]),
    whileBelow(at, get(end), [next(crc, [get(crc), get(at), loadByte64, xor64, toI32]), set(crc), advance(at, 1)]),
    [i32(0), get(crc), i64(-1), xor64, store64(MEMORY.state)],
  ];
}

const flat = (code: Code): number[] => (code as number[]).flat(Number.POSITIVE_INFINITY);
const counted = (items: Code): Code => [leb(items.length), items];
const sized = (code: Code): Code => counted(flat(code));
const section = (id: number, ...items: Code[]): Code => [id, sized(counted(items))];
const named = (name: string): Code => counted([...name].map((letter) => letter.charCodeAt(0)));
const code = (locals: Code[], body: Code): Code => sized([counted(locals), body, 0x0b]);

/** Exports `memory` and `run`, see {@link MEMORY}. */
export function crc64Module(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, [0x60, 0, 0], [0x60, 1, I32, 0]),
      section(3, [0], [1]),
      section(5, [0, PAGES]),
      section(7, [named('memory'), 2, 0], [named('run'), 0, 1]),
      [8, 1, 0],
      section(
        10,
        code(
          [
            [2, I32],
            [1, I64],
          ],
          buildTables(),
        ),
        code(
          [
            [3, I32],
            [1, I64],
          ],
          run(),
        ),
      ),
    ]),
  );
}
