/* The ROMs that are built in, for machines that are given nothing to start. */
#ifndef FRONTEND_ROMS_H
#define FRONTEND_ROMS_H

#include "core/machine/machine.h"

/* A copy of the board's ROM. False if it has none, or without memory. */
bool roms_load(const struct board *board, struct machine_blob *blob);

#endif
