/* The text after a driver's name in -device: "serial=abc,force-legacy=off"; a comma in a value is
 * doubled. */
#ifndef DEVICES_OPTIONS_H
#define DEVICES_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct device_request;

/* Copies the value of `name`, cut to what fits; false if it is not there. */
bool option_get(const char *options, const char *name, char *value, size_t size);
/* on, true, yes, or off, false, no; `fallback` if it is not there, or anything else. */
bool option_is_on(const char *options, const char *name, bool fallback);
/* The first name that is not in the NULL-terminated list, as "name=.."; NULL if all are. *length:
 * of the name. */
const char *option_unknown(const char *options, const char *const *names, size_t *length);

/* Place of a driver's name in a NULL-terminated list; the end's if it is not there. */
unsigned option_driver(const char *name, const char *const *names);
/* Whether the board has the driver, which takes the options `known` (NULL: it has not), and no
 * other option is given. */
bool option_check_request(const struct device_request *request, const char *board,
                          const char *const *known, char *message, size_t message_size);

#endif
