#include "tests/oracle/layout.h"

bool layout_is_edge(uint32_t address)
{
    uint32_t offset = address - CASE_ARENA_BASE;
    return offset - CASE_ARENA < 16 || offset + 16 < 16 || offset < CASE_ARENA;
}

bool layout_is_left_over(uint32_t pc, uint32_t address, uint32_t size)
{
    return pc - CASE_CODE_BASE < CASE_CODE_SIZE && pc - address >= size;
}
