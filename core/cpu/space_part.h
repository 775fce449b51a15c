/* A range of pages of a soft TLB, with the list of those that are entered. Internal to space.c. */
#ifndef CORE_CPU_SPACE_PART_H
#define CORE_CPU_SPACE_PART_H

#include "core/cpu/space.h"

enum {
    SPACE_EXEC_BYTES = SPACE_ENTRIES * 4,
    SPACE_TABLE_BYTES = SPACE_DATA_BYTES + SPACE_EXEC_BYTES,
};

/* A page that may have entries, and where these came from. */
struct space_filled {
    uint64_t tag; /* cpu_mapping.tag */
    uint32_t page;
};

/* The first three arrays are indexed by virtual page number, whatever the range. Memory of theirs
 * that was never written costs nothing. */
struct space_part {
    uint64_t *table;
    uint32_t *exec;
    uint32_t *places; /* where the page is in `filled`, from 1; 0: it is not */
    struct space_filled *filled;
    uint32_t count, cap;
    uint32_t noted; /* pages entered since the memory was last given back: space_part_give_back() */
};

/* Takes `fd` as the memory of the tables if it is not negative. */
void space_part_create(struct space_part *part, int fd);
void space_part_destroy(struct space_part *part);

/* To be called before a page's entries are written. What is there and came from elsewhere goes. */
void space_part_note(struct space_part *part, uint32_t page, uint64_t tag);
static inline void space_part_drop(struct space_part *part, uint32_t page)
{
    /* Only written where something is: untouched memory stays untouched. */
    if (part->table[page]) {
        part->table[page] = 0;
    }
    if (part->exec[page]) {
        part->exec[page] = 0;
    }
}
void space_part_clear(struct space_part *part);
/* Gives memory of an empty part, of pages below `border`, back to the host. */
void space_part_give_back(struct space_part *part, uint32_t border);
/* Drops what the guest's page tables say otherwise about by now. */
void space_part_check(struct space_part *part, struct cpu *cpu);
/* Takes the write mark from wherever the page at this host address is entered, or from guest page
 * `page` if it leads there. */
void space_part_protect(struct space_part *part, const uint8_t *host_page);
void space_part_protect_at(struct space_part *part, uint64_t page, const uint8_t *host_page);

#endif
