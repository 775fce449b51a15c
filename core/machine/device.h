/* A device: private state, const ops, one creator per kind. The first member of a device's own
 * struct is `struct device`. */
#ifndef CORE_MACHINE_DEVICE_H
#define CORE_MACHINE_DEVICE_H

#include <stddef.h>
#include <stdint.h>

struct machine;

/* State listed once: save, load, reset hash and dump come from these rows. */
enum field_kind { FIELD_U8, FIELD_U16, FIELD_U32, FIELD_U64, FIELD_BOOL, FIELD_BYTES };

struct field {
    const char *name;
    uint32_t offset; /* in the device's struct */
    uint8_t kind;    /* enum field_kind */
    uint32_t count;  /* array length; 1 for one */
};
#define FIELD(type, member, field_kind)                                                            \
    {                                                                                              \
#member, offsetof(struct type, member), field_kind, 1                                      \
    }
#define FIELD_ARRAY(type, member, field_kind, n)                                                   \
    {                                                                                              \
#member, offsetof(struct type, member), field_kind, n                                      \
    }

struct device_ops {
    const char *name;
    const struct field *fields;
    unsigned field_count;
    void (*reset)(void *device);
    void (*destroy)(void *device);
};

struct device {
    const struct device_ops *ops;
    struct machine *machine;
    struct device *next; /* the machine's list, in order of creation */
};

uint64_t fields_hash(const void *state, const struct field *fields, unsigned count, uint64_t hash);

#endif
