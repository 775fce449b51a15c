/* Moves of vector registers; the arithmetic is encoded by x64_emit() from the opcodes in the
 * lowering tables. */
#include "host/x86_64/encode.h"

void x64_movx_load(struct x64_code *e, unsigned size, unsigned xmm, struct x64_rm rm)
{
    static const uint32_t ops[5] = {0, 0, 0x10 | X64_P_F3, 0x10 | X64_P_F2, 0x10};
    /* movaps between registers: the scalar forms would merge. */
    x64_emit(e, (rm.reg != X64_NONE ? 0x28 : ops[size]) | X64_MAP_0F, xmm, rm);
}

void x64_movx_store(struct x64_code *e, unsigned size, struct x64_rm rm, unsigned xmm)
{
    static const uint32_t ops[5] = {0, 0, 0x11 | X64_P_F3, 0x11 | X64_P_F2, 0x11};
    x64_emit(e, ops[size] | X64_MAP_0F, xmm, rm);
}

void x64_movd_to_xmm(struct x64_code *e, bool w, unsigned xmm, struct x64_rm rm)
{
    x64_emit(e, 0x6e | X64_MAP_0F | X64_P_66 | (w ? X64_W : 0), xmm, rm);
}

void x64_movd_from_xmm(struct x64_code *e, bool w, struct x64_rm rm, unsigned xmm)
{
    x64_emit(e, 0x7e | X64_MAP_0F | X64_P_66 | (w ? X64_W : 0), xmm, rm);
}
