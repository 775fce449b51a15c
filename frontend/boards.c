#include "frontend/session.h"

#include "host/x86_64/host.h"
#include "targets/arm/boards/boards.h"
#include "targets/mips/boards/boards.h"

const struct board *const session_boards[] = {
    &arm_virt_board,
    &mips_malta_board,
    NULL,
};

const struct host_ops *const session_host = &x64_host_ops;
