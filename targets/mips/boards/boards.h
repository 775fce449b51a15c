/* The MIPS boards. */
#ifndef TARGETS_MIPS_BOARDS_BOARDS_H
#define TARGETS_MIPS_BOARDS_BOARDS_H

#include "core/machine/machine.h"

extern const struct board mips_malta_board;

#endif
