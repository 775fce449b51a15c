/* The engine with the interpreter as its executor. */
#define ENGINE_HOST NULL
#include "tests/support/engine_cases.h"

int main(void)
{
    const struct CMUnitTest tests[] = {ENGINE_TESTS};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
