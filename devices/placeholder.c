int devices_placeholder(void);
int devices_placeholder(void)
{
    return 0;
}
