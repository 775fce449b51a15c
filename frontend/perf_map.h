/* --perf-map: /tmp/perf-PID.map, where Linux's perf looks for the names of generated code. */
#ifndef FRONTEND_PERF_MAP_H
#define FRONTEND_PERF_MAP_H

#include "core/jit/jit.h"
#include "frontend/symbols.h"

struct perf_map;

/* NULL with a message if the file cannot be made. Borrows the symbols. */
struct perf_map *perf_map_create(struct symbols *symbols, struct message *message);
/* After the run: writes what is left. False with a message if not all could be written. */
bool perf_map_finish(struct perf_map *map, struct message *message);
void perf_map_destroy(struct perf_map *map);
const struct jit_listener *perf_map_listener(const struct perf_map *map);

#endif
