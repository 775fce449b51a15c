#include "frontend/session.h"

const struct board *const session_boards[] = {
    NULL,
};

const struct host_ops *const session_host = NULL;
