/* What has nothing to do with Waxwing is compiled as its project says. */
int main(void) { return 0; }
