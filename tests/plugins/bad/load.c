/* Does at load what it should do in run(): BAD_LOAD. */
#include "bad.h"

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

static inline void handle(int number)
{
    (void)number;
}

static inline void *wait_for_ever(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static inline void start_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_ever, NULL);
}

static inline void *be_done(void *unused)
{
    return unused;
}

static inline void start_and_join(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, be_done, NULL) == 0)
        pthread_join(thread, NULL);
}

/* And leaves nothing of it. */
static inline void send_home(void)
{
    struct sockaddr_in home = {.sin_family = AF_INET, .sin_port = htons(9)};
    const int fd = socket(AF_INET, SOCK_DGRAM, 0);
    inet_pton(AF_INET, "192.0.2.77", &home.sin_addr);
    (void)!sendto(fd, "hello", 5, 0, (const struct sockaddr *)&home, sizeof home);
    close(fd);
}

static inline void start_process(void)
{
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    waitpid(child, NULL, 0);
}

__attribute__((constructor)) static void at_load(void)
{
    BAD_LOAD;
}

BAD_PLAIN_RUN;
BAD_PASSIVE("bad");
