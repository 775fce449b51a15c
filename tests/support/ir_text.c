#include "tests/support/ir_text.h"

#include "core/base/check.h"
#include "tests/support/fake_guest.h"

#include <stdlib.h>

static bool parse(struct ir_region *r, const char *text, char *message, size_t size)
{
    return ir_parse(r, fake_slots, fake_slot_count, fake_helpers, fake_helper_count, text, message,
                    size);
}

void ir_text_read(struct ir_region *r, const char *text)
{
    char message[256];
    if (parse(r, text, message, sizeof(message)) && ir_verify(r, message, sizeof(message))) {
        return;
    }
    fprintf(stderr, "%s\nin this text:\n%s\n", message, text);
    CHECK_UNREACHABLE();
}

static char *print(const struct ir_region *r)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    CHECK(out);
    ir_print(r, fake_slots, fake_slot_count, out);
    fclose(out);
    return text;
}

char *ir_text_write(const struct ir_region *r)
{
    char *gaps = print(r);
    struct ir_region dense;
    ir_region_init(&dense);
    ir_text_read(&dense, gaps);
    free(gaps);
    char *text = print(&dense);
    ir_region_free(&dense);
    return text;
}
