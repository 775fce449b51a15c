/* For tests of one PrimeCell: its registers, and the end of a test. Included behind the test's
 * `struct fixture`, which has a `machine`, and its BASE and WIDTH, the bytes of an access. */
#ifndef TESTS_DEVICES_PRIMECELL_H
#define TESTS_DEVICES_PRIMECELL_H

#include "tests/devices/support.h"

static uint32_t get(struct fixture *f, unsigned offset)
{
    return (uint32_t)rd(f->machine, BASE + offset, WIDTH);
}

static void set(struct fixture *f, unsigned offset, uint32_t value)
{
    wr(f->machine, BASE + offset, WIDTH, value);
}

static int teardown(void **state)
{
    fake_machine_free(((struct fixture *)*state)->machine);
    return 0;
}

#endif
