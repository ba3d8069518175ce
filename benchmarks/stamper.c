/* Plays the far end of serial motors and notes when their bytes arrive.
 *
 *   stamper LOG LINK...      LOG "-" only reads
 *
 * Makes a pty for each LINK (a symbolic link to its slave), prints "ready", and reads until SIGTERM. The log is a run of
 * records in native byte order: int64 CLOCK_MONOTONIC ns just after the read, uint16 port index, uint16 length, the bytes.
 * It belongs to no process of CueFocus, so that it measures them from outside.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { PORTS_MAX = 64, READ_BYTES = 4096, PRIORITY = 70 };
static const size_t LOG_BYTES = 64u << 20;

static volatile sig_atomic_t stopping;

static void on_stop(int number) {
    (void)number;
    stopping = 1;
}

static int die(const char *what) {
    fprintf(stderr, "stamper: %s: %s\n", what, strerror(errno));
    return 1;
}

static int open_port(const char *link) {
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (master < 0 || grantpt(master) || unlockpt(master)) return -1;
    const char *name = ptsname(master);
    int slave = open(name, O_RDWR | O_NOCTTY); /* kept open: a master without a slave only reports hang-ups */
    struct termios settings;
    if (slave < 0 || tcgetattr(slave, &settings)) return -1;
    cfmakeraw(&settings);
    tcsetattr(slave, TCSANOW, &settings);
    unlink(link);
    return symlink(name, link) ? -1 : master;
}

int main(int argc, char **argv) {
    if (argc < 3 || argc - 2 > PORTS_MAX) {
        fprintf(stderr, "usage: stamper LOG LINK...\n");
        return 2;
    }
    int ports = argc - 2, poll_fd = epoll_create1(0), masters[PORTS_MAX];
    for (int port = 0; port < ports; port++) {
        masters[port] = open_port(argv[port + 2]);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)port};
        if (masters[port] < 0 || epoll_ctl(poll_fd, EPOLL_CTL_ADD, masters[port], &event)) return die(argv[port + 2]);
    }
    FILE *log = strcmp(argv[1], "-") ? fopen(argv[1], "wb") : NULL;
    if (!log && strcmp(argv[1], "-")) return die(argv[1]);
    char *buffer = log ? malloc(LOG_BYTES) : NULL;
    size_t used = 0;
    if (buffer) memset(buffer, 0, LOG_BYTES);
    struct sigaction stop = {.sa_handler = on_stop};
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    struct sched_param priority = {.sched_priority = PRIORITY};
    if (sched_setscheduler(0, SCHED_FIFO, &priority) || mlockall(MCL_CURRENT | MCL_FUTURE))
        fprintf(stderr, "stamper: not in the real-time class: its own stamps may be ms late\n");
    puts("ready");
    fflush(stdout);
    while (!stopping) {
        struct epoll_event events[PORTS_MAX];
        int ready = epoll_wait(poll_fd, events, PORTS_MAX, -1);
        for (int i = 0; i < ready; i++) {
            char data[READ_BYTES];
            uint16_t port = (uint16_t)events[i].data.u32;
            ssize_t got = read(masters[port], data, sizeof data);
            if (got <= 0 || !log) continue;
            struct timespec now;
            clock_gettime(CLOCK_MONOTONIC, &now);
            int64_t stamp_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
            uint16_t length = (uint16_t)got;
            if (used + sizeof stamp_ns + 2 * sizeof port + length > LOG_BYTES) {
                fwrite(buffer, 1, used, log);
                used = 0;
            }
            memcpy(buffer + used, &stamp_ns, sizeof stamp_ns);
            memcpy(buffer + used + 8, &port, sizeof port);
            memcpy(buffer + used + 10, &length, sizeof length);
            memcpy(buffer + used + 12, data, length);
            used += 12 + length;
        }
    }
    for (int port = 0; port < ports; port++) unlink(argv[port + 2]);
    if (log && (fwrite(buffer, 1, used, log) != used || fclose(log))) return die(argv[1]);
    return 0;
}
