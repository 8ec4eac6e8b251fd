quit(0);
