// CRC-64/XZ, what OSS calls crc64ecma, fast enough not to be what a client is measured against: carry-less multiplication
// where the processor has it (Intel, "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ", 2009), a table elsewhere.
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#define CRC64_FOLDS 1
#endif

#define CRC64_POLYNOMIAL 0xC96C5795D7870F42ull

static uint64_t crc64_table[8][256];
static int crc64_can_fold;
static uint64_t crc64_fold_near[2], crc64_fold_far[2];

// x^n modulo the polynomial, bits reflected.
static uint64_t crc64_power(int n) {
  uint64_t v = 1ull << 63;
  while (n--) v = (v >> 1) ^ (v & 1 ? CRC64_POLYNOMIAL : 0);
  return v;
}

static void crc64_prepare(void) {
  for (int i = 0; i < 256; i++) {
    uint64_t v = i;
    for (int bit = 0; bit < 8; bit++) v = (v >> 1) ^ (v & 1 ? CRC64_POLYNOMIAL : 0);
    crc64_table[0][i] = v;
  }
  for (int k = 1; k < 8; k++)
    for (int i = 0; i < 256; i++)
      crc64_table[k][i] = (crc64_table[k - 1][i] >> 8) ^ crc64_table[0][crc64_table[k - 1][i] & 255];
#ifdef CRC64_FOLDS
  crc64_can_fold = __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
#endif
  // One bit less than the distance: a product of reflected numbers is one bit off.
  crc64_fold_near[0] = crc64_power(128 + 63), crc64_fold_near[1] = crc64_power(128 - 1);
  crc64_fold_far[0] = crc64_power(512 + 63), crc64_fold_far[1] = crc64_power(512 - 1);
}

static uint64_t crc64_by_table(uint64_t state, const uint8_t *at, size_t length) {
  for (; length >= 8; at += 8, length -= 8) {
    uint64_t v;
    memcpy(&v, at, 8);  // little endian, as every machine this runs on
    v ^= state, state = 0;
    for (int k = 0; k < 8; k++) state ^= crc64_table[7 - k][(v >> (8 * k)) & 255];
  }
  while (length--) state = (state >> 8) ^ crc64_table[0][(state ^ *at++) & 255];
  return state;
}

#ifdef CRC64_FOLDS
__attribute__((target("pclmul,sse4.1"))) static __m128i crc64_fold(__m128i x, __m128i by, __m128i next) {
  __m128i low = _mm_clmulepi64_si128(x, by, 0x00), high = _mm_clmulepi64_si128(x, by, 0x11);
  return _mm_xor_si128(next, _mm_xor_si128(low, high));
}

__attribute__((target("pclmul,sse4.1"))) static uint64_t crc64_by_folding(uint64_t state, const uint8_t *at, size_t length) {
  const __m128i far = _mm_loadu_si128((const void *)crc64_fold_far), near = _mm_loadu_si128((const void *)crc64_fold_near);
  const __m128i *p = (const void *)at;
  __m128i a = _mm_xor_si128(_mm_loadu_si128(p), _mm_cvtsi64_si128((long long)state));
  __m128i b = _mm_loadu_si128(p + 1), c = _mm_loadu_si128(p + 2), d = _mm_loadu_si128(p + 3);
  for (p += 4, length -= 64; length >= 64; p += 4, length -= 64) {
    a = crc64_fold(a, far, _mm_loadu_si128(p)), b = crc64_fold(b, far, _mm_loadu_si128(p + 1));
    c = crc64_fold(c, far, _mm_loadu_si128(p + 2)), d = crc64_fold(d, far, _mm_loadu_si128(p + 3));
  }
  a = crc64_fold(crc64_fold(crc64_fold(a, near, b), near, c), near, d);
  uint8_t left[16];
  _mm_storeu_si128((void *)left, a);
  return crc64_by_table(crc64_by_table(0, left, 16), (const void *)p, length);
}
#endif

/** Begins with 0; what it answered goes in again with the bytes that follow. */
static uint64_t crc64(uint64_t crc, const void *bytes, size_t length) {
#ifdef CRC64_FOLDS
  if (crc64_can_fold && length >= 128) return ~crc64_by_folding(~crc, bytes, length);
#endif
  return ~crc64_by_table(~crc, bytes, length);
}
