/* What is printed about the command line; all from options.inc. */
#ifndef FRONTEND_HELP_H
#define FRONTEND_HELP_H

#include <stdio.h>

void help_print(FILE *out);
void help_print_man_page(FILE *out);
void help_print_bash_completion(FILE *out);

#endif
