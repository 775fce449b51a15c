/* Floating point in double and single precision. Results are compared bit by bit. */
#include "bench/guest/bench.h"

#include <math.h>
#include <string.h>

enum {
    BODIES = 5,
    NBODY_STEPS = 150000,
    MANDEL_SIZE = 256,
    MANDEL_LIMIT = 60,
    MATRIX = 128,
};

struct body {
    double x[3], v[3], mass;
};

uint32_t bench_double(void)
{
    struct body bodies[BODIES];
    uint32_t state = 3;
    for (int i = 0; i < BODIES; i++) {
        for (int k = 0; k < 3; k++) {
            bodies[i].x[k] = (double)(bench_random(&state) % 1000) / 50 - 10;
            bodies[i].v[k] = (double)(bench_random(&state) % 1000) / 5000 - 0.1;
        }
        bodies[i].mass = 1.0 / (i + 1);
    }
    for (int step = 0; step < NBODY_STEPS; step++) {
        for (int i = 0; i < BODIES; i++) {
            for (int j = i + 1; j < BODIES; j++) {
                double d[3], square = 0.01;
                for (int k = 0; k < 3; k++) {
                    d[k] = bodies[i].x[k] - bodies[j].x[k];
                    square += d[k] * d[k];
                }
                double pull = 0.001 / (square * sqrt(square));
                for (int k = 0; k < 3; k++) {
                    bodies[i].v[k] -= d[k] * bodies[j].mass * pull;
                    bodies[j].v[k] += d[k] * bodies[i].mass * pull;
                }
            }
        }
        for (int i = 0; i < BODIES; i++) {
            for (int k = 0; k < 3; k++) {
                bodies[i].x[k] += 0.001 * bodies[i].v[k];
            }
        }
    }
    uint64_t bits = 0;
    for (int i = 0; i < BODIES; i++) {
        uint64_t part;
        memcpy(&part, &bodies[i].x[0], 8);
        bits = bits * 31 + part;
    }
    return (uint32_t)(bits ^ bits >> 32);
}

static uint32_t mandelbrot(void)
{
    uint32_t sum = 0;
    for (int y = 0; y < MANDEL_SIZE; y++) {
        for (int x = 0; x < MANDEL_SIZE; x++) {
            float cr = (float)x * 3 / MANDEL_SIZE - 2, ci = (float)y * 2 / MANDEL_SIZE - 1;
            float zr = 0, zi = 0;
            int n = 0;
            for (; n < MANDEL_LIMIT && zr * zr + zi * zi < 4; n++) {
                float next = zr * zr - zi * zi + cr;
                zi = 2 * zr * zi + ci;
                zr = next;
            }
            sum = sum * 31 + (uint32_t)n;
        }
    }
    return sum;
}

static uint32_t multiply(void)
{
    static float a[MATRIX][MATRIX], b[MATRIX][MATRIX];
    uint32_t sum = 0, bits;
    for (int i = 0; i < MATRIX; i++) {
        for (int j = 0; j < MATRIX; j++) {
            a[i][j] = (float)(i * 7 + j * 3 % 11) / 16;
            b[i][j] = (float)(i % 13 - j % 5) / 8;
        }
    }
    for (int i = 0; i < MATRIX; i++) {
        for (int j = 0; j < MATRIX; j++) {
            float cell = 0;
            for (int k = 0; k < MATRIX; k++) {
                cell += a[i][k] * b[k][j];
            }
            memcpy(&bits, &cell, 4);
            sum = sum * 31 + bits;
        }
    }
    return sum;
}

uint32_t bench_float(void)
{
    uint32_t sum = 0;
    for (int i = 0; i < 3; i++) {
        sum = sum * 31 + mandelbrot();
        sum = sum * 31 + multiply();
    }
    return sum;
}
