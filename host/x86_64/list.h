/* Growing arrays that a host keeps from one compilation to the next. */
#ifndef HOST_X86_64_LIST_H
#define HOST_X86_64_LIST_H

#include "core/base/mem.h"

#include <stddef.h>
#include <stdint.h>

/* An array `items` of any element type with `count` and `cap` beside it. */
#define X64_LIST(type)                                                                             \
    struct {                                                                                       \
        type *items;                                                                               \
        uint32_t count, cap;                                                                       \
    }

/* Appends an element and returns its address; the content is undefined. */
#define x64_list_add(list)                                                                         \
    ((list)->count == (list)->cap                                                                  \
         ? ((list)->cap = (list)->cap ? (list)->cap * 2 : 64,                                      \
            (list)->items = mem_resize((list)->items, (list)->cap * sizeof(*(list)->items)),       \
            &(list)->items[(list)->count++])                                                       \
         : &(list)->items[(list)->count++])

#endif
