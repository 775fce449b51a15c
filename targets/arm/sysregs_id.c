/* Identification registers: what the CPU model says (DDI 0406C B4.1, B7). */
#include "core/base/bits.h"
#include "targets/arm/models.h"
#include "targets/arm/sysregs.h"

#include <string.h>

ARM_SYSREG_READ(id)
{
    uint32_t value;
    memcpy(&value, (const uint8_t *)cpu->model + reg->reset, sizeof(value));
    return value;
}

ARM_SYSREG_READ(mpidr)
{
    /* Bit 31: this format of the Multiprocessing Extensions (B4.1.106). */
    return UINT32_C(1) << 31 | cpu->mpidr;
}

ARM_SYSREG_READ(ccsidr)
{
    /* A level that is not there is UNKNOWN (B4.1.19). */
    uint32_t select = cpu->sys.csselr;
    return select < ARRAY_SIZE(cpu->model->ccsidr) ? cpu->model->ccsidr[select] : 0;
}
