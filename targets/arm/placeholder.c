int targets_arm_placeholder(void);
int targets_arm_placeholder(void)
{
    return 0;
}
