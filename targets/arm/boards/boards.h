/* The ARM boards. */
#ifndef TARGETS_ARM_BOARDS_BOARDS_H
#define TARGETS_ARM_BOARDS_BOARDS_H

#include "core/machine/machine.h"

extern const struct board arm_virt_board;

#endif
