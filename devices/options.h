/* The text after a driver's name in -device: "serial=abc,force-legacy=off"; a comma in a value is
 * doubled. */
#ifndef DEVICES_OPTIONS_H
#define DEVICES_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Copies the value of `name`, cut to what fits; false if it is not there. */
bool option_get(const char *options, const char *name, char *value, size_t size);
/* The first name that is not in the NULL-terminated list, as "name=.."; NULL if all are. *length:
 * of the name. */
const char *option_unknown(const char *options, const char *const *names, size_t *length);

#endif
