int frontend_placeholder(void);int frontend_placeholder(void){return 0;}
