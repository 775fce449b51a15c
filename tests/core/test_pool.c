/* The pool of small objects: what it gives is writable, aligned, and nobody else's. */
#include "core/base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { OBJECTS = 3000 };

static size_t size_of(unsigned i)
{
    return i * 37 % (POOL_LARGEST + 500);
}

static void test_objects_are_separate(void **state)
{
    struct pool pool = {0};
    static unsigned char *objects[OBJECTS];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < OBJECTS; i++) {
            objects[i] = pool_alloc(&pool, size_of(i));
            assert_int_equal((uintptr_t)objects[i] % sizeof(void *), 0);
            memset(objects[i], (int)(i & 0xff), size_of(i));
        }
        for (unsigned i = 0; i < OBJECTS; i++) {
            for (size_t k = 0; k < size_of(i); k++) {
                assert_int_equal(objects[i][k], i & 0xff);
            }
            pool_free(&pool, objects[i], size_of(i));
        }
    }
    pool_done(&pool);
}

#ifndef __SANITIZE_ADDRESS__
static void test_memory_is_reused(void **state)
{
    struct pool pool = {0};
    void *first = pool_alloc(&pool, 100);
    pool_free(&pool, first, 100);
    assert_ptr_equal(pool_alloc(&pool, 128), first); /* of the same class */
    assert_ptr_not_equal(pool_alloc(&pool, 128), first);
    pool_done(&pool);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_objects_are_separate),
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(test_memory_is_reused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
