/* What the machine itself can do, and a way to keep it awake.
 *
 *   calibrator wake PERIOD_US SECONDS PRIORITY [WORK_US]   lateness of absolute sleeps, as "microseconds count" lines
 *   calibrator heat                                        one idle-class spinner on each core, until SIGTERM
 *   calibrator stalls LEAST_US PRIORITY                    times at which a core ran nobody, until SIGTERM
 *
 * `wake` stands in for cyclictest where that is not installed. With WORK_US it also keeps its core busy for so long in each
 * period: a stall of the machine hits a program the oftener the more of the time it runs. `heat` is there because a halted virtual core wakes up to
 * a millisecond late: what is measured should be the program, not the hypervisor. `stalls` sleeps for a millisecond at a
 * time on each core, above the programs under test; when it wakes up later than LEAST_US, it prints "from to" (ns of the
 * host's clock) at once: in between the machine itself stood still, whoever was to run.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { BINS = 100000 };
static uint32_t bins[BINS];

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int wake(int64_t period_ns, int64_t length_ns, int priority, int64_t work_ns) {
    struct sched_param wished = {.sched_priority = priority};
    if (sched_setscheduler(0, SCHED_FIFO, &wished) || mlockall(MCL_CURRENT | MCL_FUTURE))
        fprintf(stderr, "calibrator: not in the real-time class\n");
    int64_t due_ns = now_ns() + period_ns, end_ns = due_ns + length_ns;
    while (due_ns < end_ns) {
        struct timespec due = {.tv_sec = due_ns / 1000000000, .tv_nsec = due_ns % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        int64_t late_ns = now_ns() - due_ns, late_us = late_ns / 1000;
        bins[late_us < BINS ? late_us : BINS - 1]++;
        int64_t worked_ns = now_ns() + work_ns;
        while (work_ns && now_ns() < worked_ns) {
        }
        due_ns += period_ns;
        if (late_ns > period_ns) due_ns += late_ns / period_ns * period_ns;
    }
    for (int us = 0; us < BINS; us++)
        if (bins[us]) printf("%06d %06u\n", us, bins[us]);
    return 0;
}

/* This process on the first core it may use, and a child of it on each other one. */
static void on_each_core(void) {
    cpu_set_t allowed, mine;
    if (sched_getaffinity(0, sizeof allowed, &allowed)) exit(1);
    int core = 0, others = CPU_COUNT(&allowed) - 1;
    while (!CPU_ISSET(core, &allowed)) core++;
    for (int next = core + 1; others > 0; next++) {
        if (!CPU_ISSET(next, &allowed)) continue;
        others--;
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            core = next;
            break;
        }
    }
    CPU_ZERO(&mine);
    CPU_SET(core, &mine); /* two spinners on one core would leave the other to sleep */
    if (sched_setaffinity(0, sizeof mine, &mine)) perror("calibrator: core");
}

static int heat(void) {
    struct sched_param none = {.sched_priority = 0};
    on_each_core();
    if (sched_setscheduler(0, SCHED_IDLE, &none)) perror("calibrator: heat");
    for (volatile uint64_t beats = 0;; beats++) {
    }
    return 0;
}

static void stalls(int64_t least_ns, int priority) {
    struct sched_param wished = {.sched_priority = priority};
    on_each_core();
    if (sched_setscheduler(0, SCHED_FIFO, &wished) || mlockall(MCL_CURRENT | MCL_FUTURE))
        fprintf(stderr, "calibrator: not in the real-time class\n");
    for (int64_t due_ns = now_ns();;) {
        due_ns += 1000000;
        struct timespec due = {.tv_sec = due_ns / 1000000000, .tv_nsec = due_ns % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
        int64_t woke_ns = now_ns();
        if (woke_ns - due_ns < least_ns) continue;
        dprintf(STDOUT_FILENO, "%019lld %019lld\n", (long long)due_ns, (long long)woke_ns);
        due_ns = woke_ns;
    }
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "heat")) return heat();
    if ((argc == 5 || argc == 6) && !strcmp(argv[1], "wake"))
        return wake(atoll(argv[2]) * 1000, atoll(argv[3]) * 1000000000, atoi(argv[4]), argc == 6 ? atoll(argv[5]) * 1000 : 0);
    if (argc == 4 && !strcmp(argv[1], "stalls")) stalls(atoll(argv[2]) * 1000, atoi(argv[3]));
    fprintf(stderr, "usage: calibrator heat | stalls LEAST_US PRIORITY | wake PERIOD_US SECONDS PRIORITY [WORK_US]\n");
    return 2;
}
