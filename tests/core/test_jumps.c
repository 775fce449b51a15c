/* The caches of indirect branches: one for each mode, and what happens when there are more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/jit/codes.h"

enum { PC = 0x8000, PAGE = 5 };

static const uint8_t code[JIT_JUMP_MODES + 2];

static struct jit_entry entry_of(uint32_t mode)
{
    return (struct jit_entry){.pc = PC, .page = PAGE, .mode = mode, .host = &code[mode]};
}

static const uint8_t *found(const struct jit_jumps *jumps, uint32_t mode, uint32_t pc)
{
    const struct jump_entry *entry = &jit_jumps_of(jumps, mode)[jump_index(pc)];
    return entry->pc == pc && entry->page == PAGE ? entry->code : NULL;
}

static void modes_have_caches_of_their_own(void **state)
{
    (void)state;
    struct jit_jumps jumps;
    jit_jumps_init(&jumps);
    assert_ptr_equal(jit_jumps_of(&jumps, 1), jumps.none);
    for (uint32_t mode = 0; mode < 2; mode++) {
        struct jit_entry entry = entry_of(mode);
        jit_jumps_add(&jumps, &entry);
    }
    assert_ptr_equal(found(&jumps, 0, PC), &code[0]);
    assert_ptr_equal(found(&jumps, 1, PC), &code[1]);
    assert_null(found(&jumps, 2, PC));
    assert_null(found(&jumps, 0, PC + 4));
    struct jit_entry first = entry_of(0), other = entry_of(0);
    other.host = &code[1];
    jit_jumps_remove(&jumps, &other); /* not what is there */
    assert_ptr_equal(found(&jumps, 0, PC), &code[0]);
    jit_jumps_remove(&jumps, &first);
    assert_null(found(&jumps, 0, PC));
    assert_ptr_equal(found(&jumps, 1, PC), &code[1]);
    jit_jumps_free(&jumps);
}

static void the_oldest_cache_is_taken(void **state)
{
    (void)state;
    struct jit_jumps jumps;
    jit_jumps_init(&jumps);
    for (uint32_t mode = 0; mode < JIT_JUMP_MODES + 2; mode++) {
        struct jit_entry entry = entry_of(mode);
        jit_jumps_add(&jumps, &entry);
    }
    for (uint32_t mode = 0; mode < JIT_JUMP_MODES + 2; mode++) {
        assert_ptr_equal(found(&jumps, mode, PC), mode < 2 ? NULL : &code[mode]);
    }
    assert_ptr_equal(jit_jumps_of(&jumps, 0), jumps.none);
    jit_jumps_free(&jumps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modes_have_caches_of_their_own),
        cmocka_unit_test(the_oldest_cache_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
