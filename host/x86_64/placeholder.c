int host_x86_64_placeholder(void);
int host_x86_64_placeholder(void)
{
    return 0;
}
