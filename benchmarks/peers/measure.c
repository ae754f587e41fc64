/* Runs a command and prints what it and everything it waited for cost: cpu wall rss.

   measure COMMAND ARGUMENT...  */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec a, b;
    struct rusage u;
    int status;
    if (argc < 2) return fprintf(stderr, "measure COMMAND ARGUMENT...\n"), 64;
    clock_gettime(CLOCK_MONOTONIC, &a);
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    if (wait4(child, &status, 0, &u) < 0) return 1;
    clock_gettime(CLOCK_MONOTONIC, &b);
    printf("cpu=%.3f wall=%.3f rss=%.1f\n",
        u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
        b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9,
        u.ru_maxrss / 1024.0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
