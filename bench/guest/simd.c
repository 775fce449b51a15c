/* Advanced SIMD by intrinsics: only for ARM. */
#include "bench/guest/bench.h"

#include <arm_neon.h>
#include <string.h>

enum { SIMD_SIZE = 4096, SIMD_ROUNDS = 3000 };

uint32_t bench_simd(void)
{
    static int16_t a[SIMD_SIZE], b[SIMD_SIZE];
    static uint8_t pixels[SIMD_SIZE], out[SIMD_SIZE];
    static float f[SIMD_SIZE];
    uint32_t state = 21, sum = 0;
    for (int i = 0; i < SIMD_SIZE; i++) {
        a[i] = (int16_t)bench_random(&state);
        b[i] = (int16_t)bench_random(&state);
        pixels[i] = (uint8_t)bench_random(&state);
        f[i] = (float)(i % 100) / 64;
    }
    for (int round = 0; round < SIMD_ROUNDS; round++) {
        int32x4_t dot = vdupq_n_s32(round);
        float32x4_t scaled = vdupq_n_f32(0.5f);
        for (int i = 0; i < SIMD_SIZE; i += 8) {
            int16x8_t x = vld1q_s16(a + i), y = vld1q_s16(b + i);
            dot = vmlal_s16(dot, vget_low_s16(x), vget_high_s16(y));
            vst1q_s16(a + i, vqaddq_s16(x, vshrq_n_s16(y, 3)));
            uint8x8_t p = vld1_u8(pixels + i);
            vst1_u8(out + i, vrhadd_u8(vtbl1_u8(p, vdup_n_u8(5)), vqadd_u8(p, vdup_n_u8(9))));
            scaled = vmlaq_f32(scaled, vld1q_f32(f + i), vdupq_n_f32(0.125f));
        }
        int32_t lanes[4];
        uint32_t bits;
        float lane = vgetq_lane_f32(scaled, 2);
        vst1q_s32(lanes, dot);
        memcpy(&bits, &lane, 4);
        sum = sum * 31 + (uint32_t)(lanes[0] ^ lanes[1] ^ lanes[2] ^ lanes[3]) + bits +
              out[round % SIMD_SIZE];
    }
    return sum;
}
