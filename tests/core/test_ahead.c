#include "core/base/ahead.h"
#include "core/base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

enum { PAGE = MEM_PAGE, SIZE = 4 * MEM_HUGE_PAGE, PAGES = SIZE / PAGE };

static unsigned resident(void *memory)
{
    unsigned char in[PAGES];
    unsigned count = 0;
    assert_int_equal(mincore(memory, SIZE, in), 0);
    for (unsigned i = 0; i < PAGES; i++) {
        count += in[i] & 1;
    }
    return count;
}

/* Step after step, the last of which the next beginning waits for; from where to where does not
 * matter. */
static void test_all_pages_are_there(void **state)
{
    struct ahead ahead = {0};
    char *memory = mem_table(SIZE);
    assert_int_equal(resident(memory), 0);
    const struct ahead_step steps[] = {
        {memory, PAGE, AHEAD_TOUCH},
        {memory + PAGE, MEM_HUGE_PAGE, AHEAD_TOUCH},
        {memory + PAGE + MEM_HUGE_PAGE, SIZE - PAGE - MEM_HUGE_PAGE, AHEAD_TOUCH},
    };
    ahead_begin(&ahead, steps, 3);
    ahead_begin(&ahead, steps, 1);
    assert_int_equal(resident(memory), PAGES);
    ahead_end(&ahead);
    for (unsigned i = 0; i < SIZE; i++) {
        assert_int_equal(memory[i], 0);
    }
    mem_unmap(memory, SIZE);
}

static void test_what_is_written_meanwhile_stays(void **state)
{
    for (unsigned round = 0; round < 20; round++) {
        struct ahead ahead = {0};
        char *memory = mem_table(SIZE);
        struct ahead_step step = {memory, SIZE, AHEAD_TOUCH};
        ahead_begin(&ahead, &step, 1);
        for (unsigned i = 0; i < SIZE; i += 512) {
            memory[SIZE - 1 - i] = (char)(i / 512 + round);
        }
        ahead_begin(&ahead, &step, 1);
        for (unsigned i = 0; i < SIZE; i += 512) {
            assert_int_equal(memory[SIZE - 1 - i], (char)(i / 512 + round));
        }
        ahead_end(&ahead);
        mem_unmap(memory, SIZE);
    }
}

/* Nothing is done to addresses after ahead_end(): who gets them next may have no pages made. */
static void test_an_end_is_one(void **state)
{
    struct ahead ahead = {0};
    char *memory = mem_table(SIZE);
    struct ahead_step step = {memory, SIZE, AHEAD_TOUCH};
    ahead_end(&ahead); /* nothing was begun */
    for (unsigned round = 0; round < 50; round++) {
        ahead_begin(&ahead, &step, 1);
        if (round % 2) {
            usleep(round * 10);
        }
        ahead_end(&ahead);
        assert_ptr_equal(mmap(memory, SIZE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                         memory);
        assert_int_equal(resident(memory), 0);
    }
    mem_unmap(memory, SIZE);
}

static void test_what_cannot_be_is_passed_over(void **state)
{
    struct ahead ahead = {0};
    char *memory = mem_table(SIZE);
    memory[0] = 1;
    memory[SIZE - 1] = 2;
    const struct ahead_step steps[] = {
        {memory, SIZE, AHEAD_COLLAPSE},
        {memory + PAGE, PAGE, AHEAD_COLLAPSE},
        {NULL, PAGE, AHEAD_COLLAPSE},
    };
    ahead_begin(&ahead, steps, 3);
    ahead_begin(&ahead, steps, 0);
    assert_int_equal(memory[0], 1);
    assert_int_equal(memory[SIZE - 1], 2);
    ahead_end(&ahead);
    mem_unmap(memory, SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_pages_are_there),
        cmocka_unit_test(test_what_is_written_meanwhile_stays),
        cmocka_unit_test(test_an_end_is_one),
        cmocka_unit_test(test_what_cannot_be_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
