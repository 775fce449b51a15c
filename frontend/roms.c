#include "frontend/roms.h"

#include <stdlib.h>
#include <string.h>

extern const uint8_t frontend_rom_arm_virt[], frontend_rom_arm_virt_end[];
extern const uint8_t frontend_rom_malta[], frontend_rom_malta_end[];

static const struct {
    const char *board;
    const uint8_t *start, *end;
} roms[] = {
    {"virt", frontend_rom_arm_virt, frontend_rom_arm_virt_end},
    {"malta", frontend_rom_malta, frontend_rom_malta_end},
};

bool roms_load(const struct board *board, struct machine_blob *blob)
{
    for (size_t i = 0; i < sizeof(roms) / sizeof(roms[0]); i++) {
        if (!strcmp(roms[i].board, board->name)) {
            size_t size = (size_t)(roms[i].end - roms[i].start);
            uint8_t *data = malloc(size);
            if (!data) {
                return false;
            }
            memcpy(data, roms[i].start, size);
            *blob = (struct machine_blob){data, size, "the built-in ROM"};
            return true;
        }
    }
    return false;
}
