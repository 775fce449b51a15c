#include "frontend/profile_report.h"

#include "core/base/check.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A function, or a page of code whose functions have no names. */
struct place {
    const char *name; /* NULL: a page */
    uint64_t page;
    bool privileged;
    uint64_t counts[JIT_SAMPLE_KINDS], total;
};

static int by_place(const void *a, const void *b)
{
    const struct place *one = a, *two = b;
    if (one->privileged != two->privileged) {
        return one->privileged - two->privileged;
    }
    if (!one->name != !two->name) {
        return !one->name - !two->name;
    }
    if (one->name) {
        return strcmp(one->name, two->name);
    }
    return (one->page > two->page) - (one->page < two->page);
}

static int by_total(const void *a, const void *b)
{
    const struct place *one = a, *two = b;
    return one->total != two->total ? (one->total < two->total) - (one->total > two->total)
                                    : by_place(a, b);
}

static void add_counts(struct place *to, const uint64_t *counts)
{
    for (unsigned i = 0; i < JIT_SAMPLE_KINDS; i++) {
        to->counts[i] += counts[i];
        to->total += counts[i];
    }
}

/* One place for each function; returns how many. */
static unsigned merge(struct place *places, unsigned count)
{
    unsigned kept = 0;
    qsort(places, count, sizeof(*places), by_place);
    for (unsigned i = 0; i < count; i++) {
        if (kept && by_place(&places[kept - 1], &places[i]) == 0) {
            add_counts(&places[kept - 1], places[i].counts);
        } else {
            places[kept++] = places[i];
        }
    }
    qsort(places, kept, sizeof(*places), by_total);
    return kept;
}

static double percent(uint64_t part, uint64_t whole)
{
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print(FILE *file, const struct place *places, unsigned count, uint64_t lost)
{
    struct place all = {0};
    for (unsigned i = 0; i < count; i++) {
        add_counts(&all, places[i].counts);
    }
    uint64_t sum = all.total + lost;
    fprintf(
        file,
        "# %.2f s of CPU time: %.1f %% in translated code, %.1f %% in what it calls (slow memory "
        "accesses, helpers, devices), %.1f %% translating, %.1f %% in between (finding code, "
        "exceptions, events)\n",
        (double)sum * 1e-3, percent(all.counts[JIT_SAMPLE_CODE], sum),
        percent(all.counts[JIT_SAMPLE_CALLED], sum),
        percent(all.counts[JIT_SAMPLE_TRANSLATING], sum),
        percent(all.counts[JIT_SAMPLE_ENGINE], sum));
    fputs("# share: of all CPU time; outside: how much of it not in translated code\n"
          "#  share  outside      ms  mode    function\n",
          file);
    for (unsigned i = 0; i < count; i++) {
        const struct place *place = &places[i];
        fprintf(file, "%6.2f %%  %5.1f %% %7" PRIu64 "  %s  ", percent(place->total, sum),
                percent(place->total - place->counts[JIT_SAMPLE_CODE], place->total), place->total,
                place->privileged ? "kernel" : "user  ");
        if (place->name) {
            fprintf(file, "%s\n", place->name);
        } else {
            fprintf(file, "[page 0x%08" PRIx64 "]\n", place->page);
        }
    }
    if (lost) {
        fprintf(file, "%6.2f %%                           [places without room in the table]\n",
                percent(lost, sum));
    }
}

bool profile_report(struct profile *profile, struct symbols *symbols, const char *file_name,
                    struct message *message)
{
    unsigned count;
    uint64_t lost;
    const struct profile_row *rows = profile_rows(profile, &count, &lost);
    struct place *places = calloc(count + 1, sizeof(*places));
    CHECK(places);
    for (unsigned i = 0; i < count; i++) {
        struct place *place = &places[i];
        *place = (struct place){.name = symbols_find(symbols, rows[i].pc),
                                .page = rows[i].pc & ~(uint64_t)(SPACE_PAGE_SIZE - 1),
                                .privileged = rows[i].privileged};
        for (unsigned k = 0; k < JIT_SAMPLE_KINDS; k++) {
            place->counts[k] = rows[i].counts[k];
            place->total += rows[i].counts[k];
        }
    }
    count = merge(places, count);
    FILE *file = fopen(file_name, "we");
    if (file) {
        print(file, places, count, lost);
    }
    free(places);
    bool bad = !file || ferror(file);
    if ((file && fclose(file)) || bad) {
        return message_set(message, EXIT_STATUS_EMULATOR, "cannot write the profile to %s: %s",
                           file_name, strerror(errno));
    }
    return true;
}
