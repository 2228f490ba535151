/* For LD_PRELOAD: a process whose wall clock is ahead of the machine's by the nanoseconds in the file SHIFTED_CLOCK, so that a
 * test sets a clock of its own. Only what sonde-agent asks is shifted. That the clock was set is the kernel's word: whoever
 * changes the file has to set the machine's clock, be it to what it says. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000
#define DESCRIPTORS 1024

static const volatile int64_t *shift;
static char of_wall[DESCRIPTORS];

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SHIFTED_CLOCK");
    const int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *mapped = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        abort();
    close(file);
    shift = mapped;
}

static struct timespec moved(struct timespec time, int64_t by)
{
    const int64_t all = (int64_t)time.tv_sec * SECOND + time.tv_nsec + by;
    const struct timespec result = {all / SECOND, all % SECOND};
    return result;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    const int status = (int)syscall(SYS_clock_gettime, clock, time);
    if (status == 0 && clock == CLOCK_REALTIME && shift != NULL)
        *time = moved(*time, *shift);
    return status;
}

int timerfd_create(clockid_t clock, int flags)
{
    const int timer = (int)syscall(SYS_timerfd_create, clock, flags);
    if (timer >= 0 && timer < DESCRIPTORS)
        of_wall[timer] = clock == CLOCK_REALTIME;
    return timer;
}

int timerfd_settime(int timer, int flags, const struct itimerspec *wanted, struct itimerspec *old)
{
    struct itimerspec when = *wanted;
    if (timer < DESCRIPTORS && of_wall[timer] && (flags & TFD_TIMER_ABSTIME) != 0)
        when.it_value = moved(when.it_value, -*shift);
    return (int)syscall(SYS_timerfd_settime, timer, flags, &when, old);
}
