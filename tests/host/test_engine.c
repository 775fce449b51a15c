/* The engine with the x86-64 backend as its executor. */
#include "host/x86_64/host.h"

#define ENGINE_HOST (&x64_host_ops)
#include "tests/support/engine_cases.h"

int main(void)
{
    const struct CMUnitTest tests[] = {ENGINE_TESTS};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
