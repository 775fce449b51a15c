/* Advanced SIMD through decoding, translation and execution, by the interpreter and by host code.
 * What data processing gives was recorded from another implementation of the architecture; loads
 * and stores are compared with the definition of their structures. */
#include "tests/arm/both_fixture.h"

enum { CODE = RAM_BASE, DATA = RAM_BASE + 0x10000 };

static void prepare(struct fixture *f)
{
    f->cpu->sys.cpacr |= 0xf << 20;
    f->cpu->fpexc = 1 << 30;
}

/* Runs one instruction; false if it was not completed. */
static bool run(struct fixture *f, uint32_t word)
{
    struct arm_cpu *cpu = f->cpu;
    poke32(f, CODE, word);
    poke32(f, CODE + 4, 0xeafffffe); /* b . */
    for (unsigned i = 0; i < 32; i += 4) {
        poke32(f, RAM_BASE + 0x20000 + i, 0xeafffffe);
    }
    jit_written(f->jit, f->ram, 0x30000);
    cpu->sys.vbar = RAM_BASE + 0x20000;
    cpu->r[15] = CODE;
    cpu->cpu.counted = true;
    cpu->cpu.budget = 1;
    jit_run(&cpu->cpu);
    return cpu->r[15] == CODE + 4;
}

/* ---- data processing ------------------------------------------------------------------------- */

#define SAME UINT64_C(0xfeedfeedfeedfeed) /* d2, d3: not changed */

struct processing {
    const char *text;
    uint32_t word;
    uint64_t d[4]; /* afterwards */
    uint32_t fpscr;
};

/* From here d0 .. d7 of these values. */
static const uint64_t integers[8] = {
    0x0123456789abcdef, 0x8000800000017fff, 0x80ff7f01fffe8000, 0x7fffffff80000000,
    0x80017f03fd028000, 0x00000005fffffffb, 0x0007081f1820ff0b, 0};
static const struct processing of_integers[] = {
    {"vhadd.s8 q0,q1,q2", 0xf2020044, {0x80007f02fe008000, 0x3fffff02bffffffd, SAME, SAME}, 0x0},
    {"vhadd.u16 d0,d2,d4", 0xf3120004, {0x80807f02fe808000, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vhadd.s32 q0,q1,q2", 0xf2220044, {0x80807f02fe808000, 0x40000002bffffffd, SAME, SAME}, 0x0},
    {"vrhadd.u8 q0,q1,q2", 0xf3020144, {0x80807f02fe808000, 0x40808082c080807e, SAME, SAME}, 0x0},
    {"vrhadd.s16 q0,q1,q2", 0xf2120144, {0x80807f02fe808000, 0x40000002c000fffe, SAME, SAME}, 0x0},
    {"vrhadd.u32 q0,q1,q2", 0xf3220144, {0x80807f02fe808000, 0x40000002bffffffe, SAME, SAME}, 0x0},
    {"vhsub.u8 q0,q1,q2", 0xf3020244, {0x007f00ff017e0000, 0x3f7f7f7dc0808082, SAME, SAME}, 0x0},
    {"vhsub.s32 d0,d2,d4", 0xf2220204, {0x007effff017e0000, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vqadd.s8 q0,q1,q2",
     0xf2020054,
     {0x80007f04fc008000, 0x7fffff0480fffffb, SAME, SAME},
     0x8000000},
    {"vqadd.u32 q0,q1,q2",
     0xf3220054,
     {0xffffffffffffffff, 0x80000004ffffffff, SAME, SAME},
     0x8000000},
    {"vqadd.s64 q0,q1,q2",
     0xf2320054,
     {0x8000000000000000, 0x7fffffffffffffff, SAME, SAME},
     0x8000000},
    {"vqadd.u64 q0,q1,q2",
     0xf3320054,
     {0xffffffffffffffff, 0x800000057ffffffb, SAME, SAME},
     0x8000000},
    {"vqsub.s16 q0,q1,q2", 0xf2120254, {0x00fefffe02fc0000, 0x7ffffffa80010005, SAME, SAME}, 0x0},
    {"vqsub.u64 q0,q1,q2", 0xf3320254, {0x00fdfffe02fc0000, 0x7ffffff980000005, SAME, SAME}, 0x0},
    {"vqsub.s32 q0,q1,q2", 0xf2220254, {0x00fdfffe02fc0000, 0x7ffffffa80000005, SAME, SAME}, 0x0},
    {"vcgt.s8 q0,q1,q2", 0xf2020344, {0x00000000ff000000, 0xff00000000ffffff, SAME, SAME}, 0x0},
    {"vcgt.u16 q0,q1,q2", 0xf3120344, {0xffff0000ffff0000, 0xffffffff00000000, SAME, SAME}, 0x0},
    {"vcge.u32 q0,q1,q2", 0xf3220354, {0xffffffffffffffff, 0xffffffff00000000, SAME, SAME}, 0x0},
    {"vcge.s16 d0,d2,d4", 0xf2120314, {0xffff0000ffffffff, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vshl.s8 q0,q1,q2", 0xf2040442, {0xfffe0008fff8ff00, 0x7fffffe0c0000000, SAME, SAME}, 0x0},
    {"vshl.u16 q0,q1,q2", 0xf3140442, {0x01fef808fff88000, 0x7fffffe040000000, SAME, SAME}, 0x0},
    {"vshl.s16 q0,q1,q2", 0xf2140442, {0x01fef808fff88000, 0x7fffffe0c0000000, SAME, SAME}, 0x0},
    {"vshl.s32 q0,q1,q2", 0xf2240442, {0x07fbf808fffe8000, 0xffffffe0fc000000, SAME, SAME}, 0x0},
    {"vshl.u64 q0,q1,q2", 0xf3340442, {0x80ff7f01fffe8000, 0x03fffffffc000000, SAME, SAME}, 0x0},
    {"vshl.s64 q0,q1,q2", 0xf2340442, {0x80ff7f01fffe8000, 0x03fffffffc000000, SAME, SAME}, 0x0},
    {"vqshl.s16 q0,q1,q2",
     0xf2140452,
     {0x80007ffffff88000, 0x7fffffe0c0000000, SAME, SAME},
     0x8000000},
    {"vrshl.s8 q0,q1,q2", 0xf2040542, {0x00fe000800f80000, 0x7fffffe0c0000000, SAME, SAME}, 0x0},
    {"vqrshl.u32 q0,q1,q2",
     0xf3240552,
     {0xfffffffffffe8000, 0xffffffff04000000, SAME, SAME},
     0x8000000},
    {"vmax.s8 q0,q1,q2", 0xf2020644, {0x80017f03ff028000, 0x7f000005ff000000, SAME, SAME}, 0x0},
    {"vmin.u32 q0,q1,q2", 0xf3220654, {0x80017f03fd028000, 0x0000000580000000, SAME, SAME}, 0x0},
    {"vabd.s16 q0,q1,q2", 0xf2120744, {0x00fe000202fc0000, 0x7fff00067fff0005, SAME, SAME}, 0x0},
    {"vaba.u8 q0,q1,q2", 0xf3020754, {0x012145698ba7cdef, 0xffff7ffa7f007efa, SAME, SAME}, 0x0},
    {"vadd.i64 q0,q1,q2", 0xf2320844, {0x0100fe05fd010000, 0x800000057ffffffb, SAME, SAME}, 0x0},
    {"vadd.i8 d0,d2,d4", 0xf2020804, {0x0000fe04fc000000, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vsub.i16 q0,q1,q2", 0xf3120844, {0x00fefffe02fc0000, 0x7ffffffa80010005, SAME, SAME}, 0x0},
    {"vtst.8 q0,q1,q2", 0xf2020854, {0xffffffffffffff00, 0x000000ffff000000, SAME, SAME}, 0x0},
    {"vceq.i32 q0,q1,q2", 0xf3220854, {0x0000000000000000, 0x0000000000000000, SAME, SAME}, 0x0},
    {"vmla.i8 q0,q1,q2", 0xf2020944, {0x0122466a8ca7cdef, 0x800080fb80017fff, SAME, SAME}, 0x0},
    {"vmls.i32 q0,q1,q2", 0xf3220944, {0xbf22496449abcdef, 0x0000800580017fff, SAME, SAME}, 0x0},
    {"vmul.i16 q0,q1,q2", 0xf2120954, {0x00fffc0305fc0000, 0x0000fffb80000000, SAME, SAME}, 0x0},
    {"vmul.p8 q0,q1,q2", 0xf3020954, {0x00ff5503abfc0000, 0x0000000380000000, SAME, SAME}, 0x0},
    {"vpmax.s16 d0,d2,d4", 0xf2120a04, {0x7f03fd027f01fffe, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vpmin.u8 d0,d2,d4", 0xf3020a14, {0x010302008001fe00, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vpadd.i32 d0,d2,d4", 0xf2220b14, {0x7d03ff0380fdff01, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vqdmulh.s16 q0,q1,q2",
     0xf2120b44,
     {0x7f007e0500007fff, 0x0000ffff00010000, SAME, SAME},
     0x8000000},
    {"vqrdmulh.s32 q0,q1,q2",
     0xf3220b44,
     {0x7eff04f9000008f9, 0x0000000500000005, SAME, SAME},
     0x0},
    {"vqdmulh.s32 q0,q1,q2", 0xf2220b44, {0x7eff04f8000008f8, 0x0000000400000005, SAME, SAME}, 0x0},
    {"vqrdmulh.s16 d0,d2,d4",
     0xf3120b04,
     {0x7f007e0600007fff, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vand q0,q1,q2", 0xf2020154, {0x80017f01fd028000, 0x0000000580000000, SAME, SAME}, 0x0},
    {"vbic q0,q1,q2", 0xf2120154, {0x00fe000002fc0000, 0x7ffffffa00000000, SAME, SAME}, 0x0},
    {"vorr q0,q1,q2", 0xf2220154, {0x80ff7f03fffe8000, 0x7ffffffffffffffb, SAME, SAME}, 0x0},
    {"vorn q0,q1,q2", 0xf2320154, {0xfffffffdffffffff, 0xffffffff80000004, SAME, SAME}, 0x0},
    {"veor q0,q1,q2", 0xf3020154, {0x00fe000202fc0000, 0x7ffffffa7ffffffb, SAME, SAME}, 0x0},
    {"vbsl q0,q1,q2", 0xf3120154, {0x80237f01fdaa8000, 0x00008005fffe8000, SAME, SAME}, 0x0},
    {"vbit q0,q1,q2", 0xf3220154, {0x81237f65fdabcdef, 0x8000800580000004, SAME, SAME}, 0x0},
    {"vbif q0,q1,q2", 0xf3320154, {0x00ff45038bfe8000, 0x7ffffffa00017ffb, SAME, SAME}, 0x0},
    {"vaddl.s8 q0,d2,d4", 0xf2820004, {0xfffc0000ff000000, 0xff00000000fe0004, SAME, SAME}, 0x0},
    {"vaddw.u16 q0,q1,d4", 0xf3920104, {0x81007c03ffff0000, 0x8000800080007f03, SAME, SAME}, 0x0},
    {"vsubl.u32 q0,d2,d4", 0xf3a20204, {0x0000000002fc0000, 0x0000000000fdfffe, SAME, SAME}, 0x0},
    {"vaddhn.i16 d0,q1,q2", 0xf2820404, {0x7f007fff01fefd00, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vraddhn.i32 d0,q1,q2", 0xf3920404, {0x800080000101fd01, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vsubhn.i64 d0,q1,q2", 0xf2a20604, {0x7ffffff900fdfffe, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vrsubhn.i16 d0,q1,q2", 0xf3820604, {0x8000800001000300, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vabal.u8 q0,d2,d4", 0xf3820504, {0x0125466389abcdef, 0x800080fe00018001, SAME, SAME}, 0x0},
    {"vabdl.s16 q0,d2,d4", 0xf2920704, {0x000002fc00000000, 0x000000fe00000002, SAME, SAME}, 0x0},
    {"vmlal.s16 q0,d2,d4", 0xf2920804, {0x01234b63c9abcdef, 0xbf8080ff3f047c02, SAME, SAME}, 0x0},
    {"vmlsl.u32 q0,d2,d4", 0xf3a20a04, {0x042240eb49abcdef, 0x3f7fff7fbe0083fc, SAME, SAME}, 0x0},
    {"vmull.s8 q0,d2,d4", 0xf2820c04, {0x0003fffc40000000, 0x4000ffff3f010003, SAME, SAME}, 0x0},
    {"vmull.p8 q0,d2,d4", 0xf2820e04, {0x54ab01fc40000000, 0x400000ff15550003, SAME, SAME}, 0x0},
    {"vqdmull.s16 q0,d2,d4",
     0xf2920d04,
     {0x00000bf87fffffff, 0x7f0001fe7e05f806, SAME, SAME},
     0x8000000},
    {"vqdmlal.s32 q0,d2,d4", 0xf2a20904, {0x01234e6009abcdef, 0xfeff84f884037805, SAME, SAME}, 0x0},
    {"vqdmlsl.s16 q0,d2,d4",
     0xf2920b04,
     {0x0123396f80000000, 0x8000000081fb87f9, SAME, SAME},
     0x8000000},
    {"vmla.i16 q0,q1,d4[3]", 0xf392006c, {0x0222446889a94def, 0x7fffffff80017fff, SAME, SAME}, 0x0},
    {"vmull.u32 q0,d2,d4[1]",
     0xf3a20a64,
     {0x8000bf00c17b8000, 0x408080804200fc03, SAME, SAME},
     0x0},
    {"vqdmulh.s16 q0,q1,d4[2]",
     0xf3920c64,
     {0x81fa7e05fffe80fd, 0x7f02ffff80fd0000, SAME, SAME},
     0x0},
    {"vshr.s8 q0,q1,#3", 0xf28d0052, {0xf0ff0f00fffff000, 0x0ffffffff0000000, SAME, SAME}, 0x0},
    {"vshr.u64 q0,q1,#64", 0xf38000d2, {0x0000000000000000, 0x0000000000000000, SAME, SAME}, 0x0},
    {"vshr.s64 q0,q1,#17", 0xf2af00d2, {0xffffc07fbf80ffff, 0x00003fffffffc000, SAME, SAME}, 0x0},
    {"vshr.s64 q0,q1,#40", 0xf29800d2, {0xffffffffff80ff7f, 0x00000000007fffff, SAME, SAME}, 0x0},
    {"vsra.u16 q0,q1,#5", 0xf39b0152, {0x052a495f91aad1ef, 0x83ff87ff04017fff, SAME, SAME}, 0x0},
    {"vrshr.s32 q0,q1,#32", 0xf2a00252, {0x0000000000000000, 0x0000000000000000, SAME, SAME}, 0x0},
    {"vrsra.u8 q0,q1,#1", 0xf38f0352, {0x41a38568092a0def, 0xc080008040017fff, SAME, SAME}, 0x0},
    {"vsri.32 q0,q1,#7", 0xf3b90452, {0x0101fefe89fffd00, 0x80ffffff01000000, SAME, SAME}, 0x0},
    {"vshl.i8 q0,q1,#2", 0xf28a0552, {0x00fcfc04fcf80000, 0xfcfcfcfc00000000, SAME, SAME}, 0x0},
    {"vsli.16 q0,q1,#9", 0xf3990552, {0xff230367fdab01ef, 0xfe00fe00000101ff, SAME, SAME}, 0x0},
    {"vqshl.s32 q0,q1,#4",
     0xf2a40752,
     {0x80000000ffe80000, 0x7fffffff80000000, SAME, SAME},
     0x8000000},
    {"vqshl.u8 q0,q1,#1",
     0xf3890752,
     {0xfffffe02ffffff00, 0xfeffffffff000000, SAME, SAME},
     0x8000000},
    {"vqshlu.s16 q0,q1,#3",
     0xf3930652,
     {0x0000ffff00000000, 0xffff000000000000, SAME, SAME},
     0x8000000},
    {"vshrn.i32 d0,q1,#16", 0xf2900812, {0x7fff800080fffffe, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vrshrn.i64 d0,q1,#9", 0xf2b70852, {0xffc0000080ffff40, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vqshrn.s16 d0,q1,#4",
     0xf28c0912,
     {0x7fff8000807fff80, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vqrshrn.u32 d0,q1,#3",
     0xf39d0952,
     {0xffffffffffffffff, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vqshrun.s64 d0,q1,#21",
     0xf3ab0812,
     {0xffffffff00000000, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vqrshrun.s16 d0,q1,#8",
     0xf3880852,
     {0x80000000007f0000, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vshll.u8 q0,d2,#5", 0xf38d0a12, {0x1fe01fc010000000, 0x10001fe00fe00020, SAME, SAME}, 0x0},
    {"vmovl.s32 q0,d2", 0xf2a00a12, {0xfffffffffffe8000, 0xffffffff80ff7f01, SAME, SAME}, 0x0},
    {"vmov.i32 q0,#0x00ab0000",
     0xf382045b,
     {0x00ab000000ab0000, 0x00ab000000ab0000, SAME, SAME},
     0x0},
    {"vmov.i64 q0,#0xff00ffffff0000ff",
     0xf3830e79,
     {0xff00ffffff0000ff, 0xff00ffffff0000ff, SAME, SAME},
     0x0},
    {"vmvn.i16 d0,#0x7700", 0xf2870a37, {0x88ff88ff88ff88ff, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vorr.i16 q0,#0x55", 0xf2850955, {0x0177457789ffcdff, 0x8055805500557fff, SAME, SAME}, 0x0},
    {"vbic.i32 q0,#0xee000000",
     0xf386077e,
     {0x0123456701abcdef, 0x0000800000017fff, SAME, SAME},
     0x0},
    {"vmov.f32 q0,#-1.9375", 0xf3870f5f, {0xbff80000bff80000, 0xbff80000bff80000, SAME, SAME}, 0x0},
    {"vrev64.8 q0,q1", 0xf3b00042, {0x0080feff017fff80, 0x00000080ffffff7f, SAME, SAME}, 0x0},
    {"vrev64.32 d0,d2", 0xf3b80002, {0xfffe800080ff7f01, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vrev32.16 q0,q1", 0xf3b400c2, {0x7f0180ff8000fffe, 0xffff7fff00008000, SAME, SAME}, 0x0},
    {"vrev16.8 q0,q1", 0xf3b00142, {0xff80017ffeff0080, 0xff7fffff00800000, SAME, SAME}, 0x0},
    {"vpaddl.s8 q0,q1", 0xf3b00242, {0xff7f0080fffdff80, 0x007efffeff800000, SAME, SAME}, 0x0},
    {"vpadal.u16 q0,q1", 0xf3b406c2, {0x0124456789ad4ded, 0x8001fffe0001ffff, SAME, SAME}, 0x0},
    {"vcls.s16 q0,q1", 0xf3b40442, {0x00000000000e0000, 0x0000000f0000000f, SAME, SAME}, 0x0},
    {"vclz.i32 q0,q1", 0xf3b804c2, {0x0000000000000000, 0x0000000100000000, SAME, SAME}, 0x0},
    {"vcnt.8 q0,q1", 0xf3b00542, {0x0108070108070100, 0x0708080801000000, SAME, SAME}, 0x0},
    {"vmvn q0,q1", 0xf3b005c2, {0x7f0080fe00017fff, 0x800000007fffffff, SAME, SAME}, 0x0},
    {"vqabs.s8 q0,q1", 0xf3b00742, {0x7f017f0101027f00, 0x7f0101017f000000, SAME, SAME}, 0x8000000},
    {"vqneg.s16 q0,q1",
     0xf3b407c2,
     {0x7f0180ff00027fff, 0x800100017fff0000, SAME, SAME},
     0x8000000},
    {"vcgt.s16 q0,q1,#0", 0xf3b50042, {0x0000ffff00000000, 0xffff000000000000, SAME, SAME}, 0x0},
    {"vcge.s8 q0,q1,#0", 0xf3b100c2, {0x0000ffff000000ff, 0xff00000000ffffff, SAME, SAME}, 0x0},
    {"vceq.i32 q0,q1,#0", 0xf3b90142, {0x0000000000000000, 0x0000000000000000, SAME, SAME}, 0x0},
    {"vcle.s32 q0,q1,#0", 0xf3b901c2, {0xffffffffffffffff, 0x00000000ffffffff, SAME, SAME}, 0x0},
    {"vclt.s8 q0,q1,#0", 0xf3b10242, {0xffff0000ffffff00, 0x00ffffffff000000, SAME, SAME}, 0x0},
    {"vabs.s16 q0,q1", 0xf3b50342, {0x7f017f0100028000, 0x7fff000180000000, SAME, SAME}, 0x0},
    {"vneg.s32 q0,q1", 0xf3b903c2, {0x7f0080ff00018000, 0x8000000180000000, SAME, SAME}, 0x0},
    {"vswp q0,q1",
     0xf3b20042,
     {0x80ff7f01fffe8000, 0x7fffffff80000000, 0x0123456789abcdef, 0x8000800000017fff},
     0x0},
    {"vtrn.16 q0,q1",
     0xf3b600c2,
     {0x7f0145678000cdef, 0xffff800000007fff, 0x80ff0123fffe89ab, 0x7fff800080000001},
     0x0},
    {"vtrn.8 d0,d2",
     0xf3b20082,
     {0xff230167feab00ef, 0x8000800000017fff, 0x80017f45ff8980cd, 0x7fffffff80000000},
     0x0},
    {"vuzp.8 q0,q1",
     0xf3b20142,
     {0x000001ff2367abef, 0xffff0000ff01fe00, 0x8080007f014589cd, 0x7fff8000807fff80},
     0x0},
    {"vuzp.16 d0,d2",
     0xf3b60102,
     {0x7f0180004567cdef, 0x8000800000017fff, 0x80fffffe012389ab, 0x7fffffff80000000},
     0x0},
    {"vzip.32 q0,q1",
     0xf3ba01c2,
     {0xfffe800089abcdef, 0x80ff7f0101234567, 0x8000000000017fff, 0x7fffffff80008000},
     0x0},
    {"vzip.8 d0,d2",
     0xf3b20182,
     {0xff89feab80cd00ef, 0x8000800000017fff, 0x8001ff237f450167, 0x7fffffff80000000},
     0x0},
    {"vmovn.i16 d0,q1", 0xf3b20202, {0xffff0000ff01fe00, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vmovn.i64 d0,q1", 0xf3ba0202, {0x80000000fffe8000, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vqmovn.s32 d0,q1",
     0xf3b60282,
     {0x7fff800080008000, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vqmovn.u16 d0,q1",
     0xf3b202c2,
     {0xffffff00ffffffff, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vqmovun.s16 d0,q1",
     0xf3b20242,
     {0xff00000000ff0000, 0x8000800000017fff, SAME, SAME},
     0x8000000},
    {"vshll.i16 q0,d2,#16", 0xf3b60302, {0xfffe000080000000, 0x80ff00007f010000, SAME, SAME}, 0x0},
    {"vrecpe.u32 q0,q1", 0xf3bb0442, {0xfe80000080000000, 0xffffffffff800000, SAME, SAME}, 0x0},
    {"vrsqrte.u32 q0,q1", 0xf3bb04c2, {0xb480000080000000, 0xb5000000b4800000, SAME, SAME}, 0x0},
    {"vext.8 q0,q1,q2,#5", 0xf2b20544, {0xff8000000080ff7f, 0x03fd0280007fffff, SAME, SAME}, 0x0},
    {"vext.8 d0,d2,d4,#3", 0xf2b20304, {0x02800080ff7f01ff, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vtbl.8 d0,{d2},d4", 0xf3b20804, {0x008000ff00fe0000, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vtbl.8 d0,{d2,d3},d6", 0xf3b20906, {0x0080000000000080, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vtbl.8 d0,{d1,d2,d3},d6",
     0xf3b10a06,
     {0xff800000000000ff, 0x8000800000017fff, SAME, SAME},
     0x0},
    {"vtbx.8 d0,{d1,d2,d3,d4},d6",
     0xf3b10b46,
     {0xff80008000abcdff, 0x8000800000017fff, SAME, SAME},
     0x0},
    {"vdup.8 q0,d2[6]", 0xf3bd0c42, {0xffffffffffffffff, 0xffffffffffffffff, SAME, SAME}, 0x0},
    {"vdup.16 d0,d2[3]", 0xf3be0c02, {0x80ff80ff80ff80ff, 0x8000800000017fff, SAME, SAME}, 0x0},
    {"vdup.32 q0,d2[1]", 0xf3bc0c42, {0x80ff7f0180ff7f01, 0x80ff7f0180ff7f01, SAME, SAME}, 0x0},
};

/* Lanes of d2 .. d5: -2.25, 1.5, a denormal, a signalling NaN; 0.1, 3, 2^24 + 2, 2. */
static const uint64_t floats[8] = {0x3f8000004000cafe,
                                   0xc2f6e979ff800000,
                                   0x3fc00000c0100000,
                                   0x7f800001000116c2,
                                   0x404000003dcccccd,
                                   0x400000004b800001,
                                   0,
                                   0};
static const struct processing of_floats[] = {
    {"vadd.f32 q0,q1,q2", 0xf2020d44, {0x40900000c009999a, 0x7fc000004b800001, SAME, SAME}, 0x91},
    {"vsub.f32 q0,q1,q2", 0xf2220d44, {0xbfc00000c0166666, 0x7fc00000cb800001, SAME, SAME}, 0x91},
    {"vabd.f32 q0,q1,q2", 0xf3220d44, {0x3fc0000040166666, 0x7fc000004b800001, SAME, SAME}, 0x91},
    {"vmul.f32 q0,q1,q2", 0xf3020d54, {0x40900000be666667, 0x7fc0000000000000, SAME, SAME}, 0x91},
    {"vmul.f32 d0,d2,d4", 0xf3020d14, {0x40900000be666667, 0xc2f6e979ff800000, SAME, SAME}, 0x10},
    {"vmla.f32 q0,q1,q2", 0xf2020d54, {0x40b000003fe4c92f, 0x7fc00000ff800000, SAME, SAME}, 0x91},
    {"vmls.f32 q0,q1,q2", 0xf2220d54, {0xc0600000400f3164, 0x7fc00000ff800000, SAME, SAME}, 0x91},
    {"vfma.f32 q0,q1,q2", 0xf2020c54, {0x40b000003fe4c92f, 0x7fc00000ff800000, SAME, SAME}, 0x91},
    {"vfms.f32 d0,d2,d4", 0xf2220c14, {0xc0600000400f3164, 0xc2f6e979ff800000, SAME, SAME}, 0x10},
    {"vpadd.f32 d0,d2,d4", 0xf3020d04, {0x40466666bf400000, 0xc2f6e979ff800000, SAME, SAME}, 0x10},
    {"vpmax.f32 d0,d2,d4", 0xf3020f04, {0x404000003fc00000, 0xc2f6e979ff800000, SAME, SAME}, 0x0},
    {"vmax.f32 q0,q1,q2", 0xf2020f44, {0x404000003dcccccd, 0x7fc000004b800001, SAME, SAME}, 0x81},
    {"vmin.f32 q0,q1,q2", 0xf2220f44, {0x3fc00000c0100000, 0x7fc0000000000000, SAME, SAME}, 0x81},
    {"vceq.f32 q0,q1,q2", 0xf2020e44, {0x0000000000000000, 0x0000000000000000, SAME, SAME}, 0x81},
    {"vcge.f32 q0,q1,q2", 0xf3020e44, {0x0000000000000000, 0x0000000000000000, SAME, SAME}, 0x81},
    {"vcgt.f32 q0,q1,q2", 0xf3220e44, {0x0000000000000000, 0x0000000000000000, SAME, SAME}, 0x81},
    {"vacge.f32 q0,q1,q2", 0xf3020e54, {0x00000000ffffffff, 0x0000000000000000, SAME, SAME}, 0x81},
    {"vacgt.f32 q0,q1,q2", 0xf3220e54, {0x00000000ffffffff, 0x0000000000000000, SAME, SAME}, 0x81},
    {"vcgt.f32 q0,q1,#0", 0xf3b90442, {0xffffffff00000000, 0x0000000000000000, SAME, SAME}, 0x81},
    {"vclt.f32 q0,q1,#0", 0xf3b90642, {0x00000000ffffffff, 0x0000000000000000, SAME, SAME}, 0x81},
    {"vabs.f32 q0,q1", 0xf3b90742, {0x3fc0000040100000, 0x7f800001000116c2, SAME, SAME}, 0x0},
    {"vneg.f32 q0,q1", 0xf3b907c2, {0xbfc0000040100000, 0xff800001800116c2, SAME, SAME}, 0x0},
    {"vmul.f32 q0,q1,d4[0]",
     0xf3a20944,
     {0x3e19999abe666667, 0x7fc0000000000000, SAME, SAME},
     0x91},
    {"vmla.f32 d0,d2,d4[1]", 0xf2a20164, {0x40b00000c0979a81, 0xc2f6e979ff800000, SAME, SAME}, 0x0},
    {"vrecpe.f32 q0,q1", 0xf3bb0542, {0x3f2a8000bee30000, 0x7fc000007f800000, SAME, SAME}, 0x83},
    {"vrsqrte.f32 q0,q1", 0xf3bb05c2, {0x3f5100007fc00000, 0x7fc000007f800000, SAME, SAME}, 0x83},
    {"vrecps.f32 q0,q1,q2", 0xf2020f54, {0xc0200000400e6666, 0x7fc0000040000000, SAME, SAME}, 0x91},
    {"vrsqrts.f32 q0,q1,q2",
     0xf2220f54,
     {0xbf4000003fce6666, 0x7fc000003fc00000, SAME, SAME},
     0x91},
    {"vcvt.s32.f32 q0,q1", 0xf3bb0742, {0x00000001fffffffe, 0x0000000000000000, SAME, SAME}, 0x91},
    {"vcvt.u32.f32 q0,q1", 0xf3bb07c2, {0x0000000100000000, 0x0000000000000000, SAME, SAME}, 0x91},
    {"vcvt.f32.s32 q0,q1", 0xf3bb0642, {0x4e7f0000ce7fc000, 0x4eff0000478b6100, SAME, SAME}, 0x10},
    {"vcvt.f32.u32 q0,q1", 0xf3bb06c2, {0x4e7f00004f401000, 0x4eff0000478b6100, SAME, SAME}, 0x10},
    {"vcvt.s32.f32 q0,q1,#5",
     0xf2bb0f52,
     {0x00000030ffffffb8, 0x0000000000000000, SAME, SAME},
     0x81},
    {"vcvt.f32.u32 q0,q1,#31",
     0xf3a10e52,
     {0x3eff00003fc01000, 0x3f7f0000380b6100, SAME, SAME},
     0x10},
    {"vcvt.f16.f32 d0,q1", 0xf3b60602, {0x7e0000003e00c080, 0xc2f6e979ff800000, SAME, SAME}, 0x81},
    {"vcvt.f32.f16 q0,d2", 0xf3b60702, {0xc002000000000000, 0x3ff8000000000000, SAME, SAME}, 0x0},
};

static void check_processing(struct fixture *f, const struct processing *p, const uint64_t *before)
{
    struct arm_cpu *cpu = f->cpu;
    memcpy(cpu->d, before, 8 * sizeof(before[0]));
    arm_fpscr_write(cpu, 0);
    if (!run(f, p->word)) {
        fail_msg("%s: stopped at %x", p->text, cpu->r[15]);
    }
    for (unsigned i = 0; i < 8; i++) {
        uint64_t expected = i < 4 && p->d[i] != SAME ? p->d[i] : before[i];
        if (cpu->d[i] != expected) {
            fail_msg("%s: d%u is %016lx and should be %016lx", p->text, i, cpu->d[i], expected);
        }
    }
    if (arm_fpscr_read(cpu) != p->fpscr) {
        fail_msg("%s: fpscr is %x and should be %x", p->text, arm_fpscr_read(cpu), p->fpscr);
    }
}

static void processes_integers(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(of_integers); i++) {
        check_processing(*state, &of_integers[i], integers);
    }
}

static void processes_floats(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(of_floats); i++) {
        check_processing(*state, &of_floats[i], floats);
    }
}

/* ---- loads and stores ------------------------------------------------------------------------ */

enum { ALL = -1, DUP = -2 };
enum writeback { NONE, BYTES, INDEX };

/* Base is r1, index r2. */
static const struct structure {
    const char *text;
    uint32_t word;
    unsigned first, elements, registers, spacing, size;
    int lane;
    enum writeback writeback;
} structures[] = {
    {"vld1.8 {d0},[r1]", 0xf421070f, 0, 1, 1, 1, 0, ALL, NONE},
    {"vld1.16 {d0-d3},[r1:128]!", 0xf421026d, 0, 1, 4, 1, 1, ALL, BYTES},
    {"vld1.32 {d1-d3},[r1],r2", 0xf4211682, 1, 1, 3, 1, 2, ALL, INDEX},
    {"vld1.64 {d0,d1},[r1:64]", 0xf4210adf, 0, 1, 2, 1, 3, ALL, NONE},
    {"vld2.8 {d0,d1},[r1]!", 0xf421080d, 0, 2, 1, 1, 0, ALL, BYTES},
    {"vld2.16 {d0,d2},[r1]", 0xf421094f, 0, 2, 1, 2, 1, ALL, NONE},
    {"vld2.32 {d0-d3},[r1:256]", 0xf42103bf, 0, 2, 2, 2, 2, ALL, NONE},
    {"vld3.8 {d0,d1,d2},[r1]!", 0xf421040d, 0, 3, 1, 1, 0, ALL, BYTES},
    {"vld3.16 {d0,d2,d4},[r1],r2", 0xf4210542, 0, 3, 1, 2, 1, ALL, INDEX},
    {"vld3.32 {d1,d2,d3},[r1:64]", 0xf421149f, 1, 3, 1, 1, 2, ALL, NONE},
    {"vld4.8 {d0,d1,d2,d3},[r1:128]", 0xf421002f, 0, 4, 1, 1, 0, ALL, NONE},
    {"vld4.16 {d0,d2,d4,d6},[r1]!", 0xf421014d, 0, 4, 1, 2, 1, ALL, BYTES},
    {"vld4.32 {d0,d1,d2,d3},[r1],r2", 0xf4210082, 0, 4, 1, 1, 2, ALL, INDEX},
    {"vld1.8 {d0[5]},[r1]!", 0xf4a100ad, 0, 1, 1, 1, 0, 5, BYTES},
    {"vld1.16 {d1[2]},[r1:16]", 0xf4a1149f, 1, 1, 1, 1, 1, 2, NONE},
    {"vld1.32 {d2[1]},[r1:32],r2", 0xf4a128b2, 2, 1, 1, 1, 2, 1, INDEX},
    {"vld2.8 {d0[1],d1[1]},[r1]", 0xf4a1012f, 0, 2, 1, 1, 0, 1, NONE},
    {"vld2.32 {d0[1],d2[1]},[r1:64]", 0xf4a109df, 0, 2, 1, 2, 2, 1, NONE},
    {"vld3.16 {d0[3],d2[3],d4[3]},[r1]!", 0xf4a106ed, 0, 3, 1, 2, 1, 3, BYTES},
    {"vld4.32 {d0[0],d1[0],d2[0],d3[0]},[r1:128]", 0xf4a10b2f, 0, 4, 1, 1, 2, 0, NONE},
    {"vld1.8 {d0[]},[r1]", 0xf4a10c0f, 0, 1, 1, 1, 0, DUP, NONE},
    {"vld1.32 {d0[],d1[]},[r1:32]!", 0xf4a10cbd, 0, 1, 2, 1, 2, DUP, BYTES},
    {"vld2.16 {d0[],d2[]},[r1]", 0xf4a10d6f, 0, 2, 1, 2, 1, DUP, NONE},
    {"vld3.8 {d0[],d1[],d2[]},[r1]!", 0xf4a10e0d, 0, 3, 1, 1, 0, DUP, BYTES},
    {"vld4.32 {d0[],d1[],d2[],d3[]},[r1:128]", 0xf4a10fdf, 0, 4, 1, 1, 2, DUP, NONE},
    {"vst1.8 {d0},[r1]", 0xf401070f, 0, 1, 1, 1, 0, ALL, NONE},
    {"vst1.64 {d0-d3},[r1:256]!", 0xf40102fd, 0, 1, 4, 1, 3, ALL, BYTES},
    {"vst1.16 {d1-d3},[r1],r2", 0xf4011642, 1, 1, 3, 1, 1, ALL, INDEX},
    {"vst2.8 {d0,d1},[r1]", 0xf401080f, 0, 2, 1, 1, 0, ALL, NONE},
    {"vst2.32 {d0-d3},[r1]!", 0xf401038d, 0, 2, 2, 2, 2, ALL, BYTES},
    {"vst2.16 {d1,d3},[r1:64]", 0xf401195f, 1, 2, 1, 2, 1, ALL, NONE},
    {"vst3.8 {d0,d1,d2},[r1]", 0xf401040f, 0, 3, 1, 1, 0, ALL, NONE},
    {"vst3.16 {d0,d2,d4},[r1]!", 0xf401054d, 0, 3, 1, 2, 1, ALL, BYTES},
    {"vst3.32 {d1,d2,d3},[r1]", 0xf401148f, 1, 3, 1, 1, 2, ALL, NONE},
    {"vst4.8 {d0,d1,d2,d3},[r1]", 0xf401000f, 0, 4, 1, 1, 0, ALL, NONE},
    {"vst4.16 {d1,d3,d5,d7},[r1]!", 0xf401114d, 1, 4, 1, 2, 1, ALL, BYTES},
    {"vst4.32 {d0,d1,d2,d3},[r1:256]", 0xf40100bf, 0, 4, 1, 1, 2, ALL, NONE},
    {"vst1.8 {d0[7]},[r1]", 0xf48100ef, 0, 1, 1, 1, 0, 7, NONE},
    {"vst1.16 {d0[1]},[r1]!", 0xf481044d, 0, 1, 1, 1, 1, 1, BYTES},
    {"vst1.32 {d2[1]},[r1]", 0xf481288f, 2, 1, 1, 1, 2, 1, NONE},
    {"vst2.16 {d0[1],d2[1]},[r1]", 0xf481056f, 0, 2, 1, 2, 1, 1, NONE},
    {"vst3.32 {d0[1],d1[1],d2[1]},[r1]!", 0xf4810a8d, 0, 3, 1, 1, 2, 1, BYTES},
    {"vst4.8 {d0[3],d1[3],d2[3],d3[3]},[r1:32]", 0xf481037f, 0, 4, 1, 1, 0, 3, NONE},
};

/* One element between a register's lane and memory. */
static void transfer(uint64_t *d, uint8_t *memory, unsigned reg, unsigned lane, unsigned size,
                     unsigned offset, bool load)
{
    uint8_t *element = (uint8_t *)&d[reg] + (lane << size);
    memcpy(load ? element : memory + offset, load ? memory + offset : element, 1u << size);
}

/* What the instruction does (A7.7, A8.8.320 on), element by element; returns the bytes accessed. */
static unsigned transfer_all(const struct structure *s, uint64_t *d, uint8_t *memory)
{
    bool load = s->word >> 21 & 1;
    unsigned offset = 0, bytes = 1u << s->size, lanes = 8u >> s->size;
    for (unsigned r = 0; r < s->registers; r++) {
        for (unsigned lane = 0; lane < lanes; lane++) {
            for (unsigned e = 0; e < s->elements; e++) {
                unsigned reg = s->first + r + e * s->spacing;
                if (s->lane == ALL) {
                    transfer(d, memory, reg, lane, s->size, (offset += bytes) - bytes, load);
                } else if (s->lane == DUP) {
                    transfer(d, memory, reg, lane, s->size, e * bytes, load);
                } else if (s->lane == (int)lane) {
                    transfer(d, memory, reg, lane, s->size, e * bytes, load);
                }
            }
        }
    }
    return s->lane == ALL ? offset : s->elements * bytes;
}

static void check_structure(struct fixture *f, const struct structure *s)
{
    struct arm_cpu *cpu = f->cpu;
    uint8_t *data = f->ram + (DATA - RAM_BASE), memory[64];
    uint64_t d[32];
    for (unsigned i = 0; i < sizeof(memory); i++) {
        data[i] = memory[i] = (uint8_t)(7 * i + 3);
    }
    for (unsigned i = 0; i < 32; i++) {
        cpu->d[i] = d[i] = 0x0123456789abcdef * (2 * i + 1);
    }
    cpu->r[1] = DATA;
    cpu->r[2] = 0x1234;
    if (!run(f, s->word)) {
        fail_msg("%s: stopped at %x", s->text, cpu->r[15]);
    }
    unsigned bytes = transfer_all(s, d, memory);
    for (unsigned i = 0; i < 32; i++) {
        if (cpu->d[i] != d[i]) {
            fail_msg("%s: d%u is %016lx and should be %016lx", s->text, i, cpu->d[i], d[i]);
        }
    }
    if (memcmp(data, memory, sizeof(memory))) {
        fail_msg("%s: memory differs", s->text);
    }
    unsigned step = s->writeback == BYTES ? bytes : s->writeback == INDEX ? 0x1234 : 0;
    if (cpu->r[1] != DATA + step) {
        fail_msg("%s: r1 is %x", s->text, cpu->r[1]);
    }
}

static void moves_structures(void **state)
{
    for (unsigned i = 0; i < ARRAY_SIZE(structures); i++) {
        check_structure(*state, &structures[i]);
    }
}

/* In big-endian state the bytes of each element are reversed in memory. */
static void moves_big_endian_structures(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < ARRAY_SIZE(structures); i++) {
        const struct structure *s = &structures[i];
        struct arm_cpu *cpu = f->cpu;
        uint8_t *data = f->ram + (DATA - RAM_BASE), memory[64];
        uint64_t d[32];
        unsigned flip = (1u << s->size) - 1;
        for (unsigned k = 0; k < sizeof(memory); k++) {
            memory[k] = (uint8_t)(7 * k + 3);
            data[k ^ flip] = memory[k];
        }
        for (unsigned k = 0; k < 32; k++) {
            cpu->d[k] = d[k] = 0x0123456789abcdef * (2 * k + 1);
        }
        cpu->r[1] = DATA;
        cpu->r[2] = 0x1234;
        arm_cpsr_write(cpu, ARM_CPSR_E, ARM_CPSR_E);
        bool done = run(f, s->word);
        arm_cpsr_write(cpu, 0, ARM_CPSR_E);
        assert_true(done);
        transfer_all(s, d, memory);
        if (memcmp(cpu->d, d, sizeof(d))) {
            fail_msg("%s: registers differ", s->text);
        }
        for (unsigned k = 0; k < sizeof(memory); k++) {
            assert_int_equal(data[k ^ flip], memory[k]);
        }
    }
}

/* ---- what faults ----------------------------------------------------------------------------- */

static void checks_alignment(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint32_t word, address;
        bool faults;
    } cases[] = {
        {0xf421071f, DATA + 4, true}, /* vld1.8 {d0}, [r1:64] */
        {0xf421071f, DATA + 8, false},
        {0xf421023d, DATA + 16, true}, /* vld1.8 {d0-d3}, [r1:256]! */
        {0xf421023d, DATA + 32, false},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
        f->cpu->r[1] = cases[i].address;
        f->cpu->d[0] = 1;
        bool done = run(f, cases[i].word);
        assert_int_equal(done, !cases[i].faults);
        if (!done) {
            assert_int_equal(f->cpu->r[15], RAM_BASE + 0x20010); /* data abort */
            assert_int_equal(f->cpu->r[1], cases[i].address);
            assert_int_equal(f->cpu->d[0], 1);
        }
    }
}

/* UNDEFINED register numbers and sizes (A8.8), and everything when disabled. */
static void refuses_undefined(void **state)
{
    struct fixture *f = *state;
    static const uint32_t words[] = {
        0xf2021840, /* vadd.i8 with Q and odd Vd */
        0xf2320000, /* vhadd.s64 */
        0xf3020b50, /* vpadd with Q */
        0xf2121d04, /* vadd.f32 with sz = 1 */
        0xf3b80082, /* vrev32.32 */
        0xf3ba0182, /* vzip.32 d */
        0xf4210b0f, /* vld1 with type 1011 */
        0xf42108cf, /* vld2.64 */
        0xf3b00c02, /* vdup with imm4 = 0000 */
        0xf2821800, /* vmlal with odd Vd */
    };
    for (unsigned i = 0; i <= ARRAY_SIZE(words); i++) {
        f->cpu->r[1] = DATA;
        if (i == ARRAY_SIZE(words)) {
            f->cpu->fpexc = 0;
        }
        run(f, i == ARRAY_SIZE(words) ? 0xf2020844 : words[i]);
        if (f->cpu->r[15] != RAM_BASE + 0x20004) {
            fail_msg("case %u: at %x", i, f->cpu->r[15]);
        }
    }
}

#define BOTH(name)                                                                                 \
    {#name ", interpreted", name, interpreted, destroy, NULL},                                     \
    {                                                                                              \
#name ", translated", name, translated, destroy, NULL                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(processes_integers),          BOTH(processes_floats), BOTH(moves_structures),
        BOTH(moves_big_endian_structures), BOTH(checks_alignment), BOTH(refuses_undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
