int targets_arm_boards_placeholder(void);
int targets_arm_boards_placeholder(void)
{
    return 0;
}
