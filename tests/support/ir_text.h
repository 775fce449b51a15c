/* Regions from and to text in tests. */
#ifndef TESTS_SUPPORT_IR_TEXT_H
#define TESTS_SUPPORT_IR_TEXT_H

#include "core/ir/ir.h"

/* Parses with the fake guest's slots and helpers and verifies; fails the test otherwise. */
void ir_text_read(struct ir_region *r, const char *text);

/* The region as text; free() it. Values are numbered without gaps. */
char *ir_text_write(const struct ir_region *r);

#endif
