#include "frontend/message.h"

#include <stdarg.h>
#include <stdio.h>

bool message_set(struct message *message, enum exit_status status, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(message->text, sizeof(message->text), format, args);
    va_end(args);
    message->status = status;
    return false;
}
