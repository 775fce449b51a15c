#include "frontend/report.h"

#include "core/cpu/cpu.h"

#include <inttypes.h>
#include <sys/resource.h>

static void print_stats(const struct machine *machine, const struct hostio_result *result)
{
    static const char *const exit_names[] = {
        [JIT_EXIT_LOOKUP] = "lookup", [JIT_EXIT_BRANCH] = "branch",       [JIT_EXIT_LINK] = "link",
        [JIT_EXIT_POLL] = "poll",     [JIT_EXIT_EXCEPTION] = "exception",
    };
    const struct jit_stats *stats = jit_stats(machine->jit);
    uint64_t insns = 0;
    for (unsigned i = 0; i < machine->cpu_count; i++) {
        insns += machine->cpus[i]->insns;
    }
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    double cpu_seconds = (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6 +
                         (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
    fprintf(stderr, "ibird: ran %.2f s (%.2f s of CPU time)\n", result->seconds, cpu_seconds);
    if (machine->config.counted || machine->config.count_insns) {
        fprintf(stderr, "ibird: %" PRIu64 " guest instructions, %.1f MIPS\n", insns,
                (double)insns * 1e-6 / result->seconds);
    }
    fprintf(stderr,
            "ibird: translated %" PRIu64 " regions (%" PRIu64 " blocks, %" PRIu64
            " guest instructions) to %" PRIu64 " kB of code in %.2f s, %.1f %% of the time\n",
            stats->regions, stats->blocks, stats->guest_insns_translated, stats->host_bytes >> 10,
            (double)stats->translate_ns * 1e-9,
            (double)stats->translate_ns * 1e-7 / result->seconds);
    fputs("ibird: exits of translated code:", stderr);
    for (unsigned i = 0; i < sizeof(exit_names) / sizeof(exit_names[0]); i++) {
        fprintf(stderr, " %s %" PRIu64, exit_names[i], stats->exits[i]);
    }
    fprintf(stderr,
            "\nibird: translations dropped: %" PRIu64 " overwritten, %" PRIu64 " for room\n",
            stats->invalidations, stats->evictions);
    if (stats->second_tier) {
        fprintf(stderr, "ibird: optimised %" PRIu64 " hot regions in place of %" PRIu64 "\n",
                stats->second_tier, stats->replaced);
    }
}

void report_print(const struct options *options, struct machine *machine,
                  const struct hostio_result *result)
{
    if (options->stats) {
        print_stats(machine, result);
    }
    if (options->state_hash) {
        fprintf(stderr, "ibird: state hash %016" PRIx64 "\n", machine_hash(machine));
    }
    if (options->dump_block.given &&
        !jit_dump_block(machine->cpus[0], options->dump_block.value, stdout)) {
        fprintf(stderr, "ibird: --dump-block: no executable memory at 0x%" PRIx64 " now\n",
                options->dump_block.value);
    }
}
