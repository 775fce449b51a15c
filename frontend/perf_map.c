#include "frontend/perf_map.h"

#include "core/base/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct perf_map {
    struct jit_listener listener;
    struct symbols *symbols;
    char path[40];
    FILE *file;
    /* Not written yet: the next block may belong to it. */
    const uint8_t *start;
    size_t size;
    char name[200];
};

static void write_pending(struct perf_map *map)
{
    if (map->size) {
        fprintf(map->file, "%" PRIxPTR " %zx %s\n", (uintptr_t)map->start, map->size, map->name);
    }
    map->size = 0;
}

static void block(void *opaque, const uint8_t *start, size_t size, uint64_t pc, bool privileged)
{
    struct perf_map *map = opaque;
    const char *symbol = symbols_find(map->symbols, pc);
    const char *mode = privileged ? "kernel" : "user";
    char name[sizeof(map->name)];
    if (symbol) {
        snprintf(name, sizeof(name), "%s:%s", mode, symbol);
    } else {
        snprintf(name, sizeof(name), "%s:0x%08" PRIx64, mode, pc);
    }
    if (map->size && start == map->start + map->size && strcmp(name, map->name) == 0) {
        map->size += size;
        return;
    }
    write_pending(map);
    map->start = start;
    map->size = size;
    memcpy(map->name, name, sizeof(name));
}

static bool cannot_write(const struct perf_map *map, struct message *message)
{
    return message_set(message, EXIT_STATUS_EMULATOR, "cannot write %s: %s", map->path,
                       strerror(errno));
}

struct perf_map *perf_map_create(struct symbols *symbols, struct message *message)
{
    struct perf_map *map = calloc(1, sizeof(*map));
    CHECK(map);
    map->listener = (struct jit_listener){.block = block, .opaque = map};
    map->symbols = symbols;
    snprintf(map->path, sizeof(map->path), "/tmp/perf-%ld.map", (long)getpid());
    map->file = fopen(map->path, "wxe"); /* nobody else's file, nor where a link leads */
    if (!map->file) {
        cannot_write(map, message);
        free(map);
        return NULL;
    }
    return map;
}

bool perf_map_finish(struct perf_map *map, struct message *message)
{
    write_pending(map);
    bool bad = ferror(map->file);
    return (!fflush(map->file) && !bad) || cannot_write(map, message);
}

void perf_map_destroy(struct perf_map *map)
{
    if (map) {
        fclose(map->file);
        free(map);
    }
}

const struct jit_listener *perf_map_listener(const struct perf_map *map)
{
    return &map->listener;
}
