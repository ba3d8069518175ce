/* Sends datagrams at set moments and notes when each left, and when an answer came.
 *
 *   volley LOG HOST PORT LOCAL_PORT START_NS TAIL_MS PRIORITY < packets
 *
 * Packets are records in native byte order: int64 ns after START_NS (CLOCK_MONOTONIC), uint16 length, the bytes. One whose
 * moment has passed goes at once. Answers to LOCAL_PORT are noted until TAIL_MS after the last. The log, written at the end
 * from memory, is a run of records: int64 CLOCK_MONOTONIC ns (just before the send, just after the receive), uint16 0 for
 * sent and 1 for received, uint16 length, the bytes. PRIORITY 0 stays in the ordinary class.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SPIN_NS = 150000, READ_BYTES = 65536, BUFFER_BYTES = 4 << 20 };
static const size_t LOG_BYTES = 96u << 20, PACKETS_BYTES = 64u << 20;
static char *logged;
static size_t used;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void note(int64_t stamp_ns, uint16_t kind, const char *data, uint16_t length) {
    if (used + 12 + length > LOG_BYTES) return;
    memcpy(logged + used, &stamp_ns, 8);
    memcpy(logged + used + 8, &kind, 2);
    memcpy(logged + used + 10, &length, 2);
    memcpy(logged + used + 12, data, length);
    used += 12 + length;
}

static void receive(int fd) {
    static char data[READ_BYTES];
    ssize_t got;
    while ((got = recv(fd, data, sizeof data, MSG_DONTWAIT)) >= 0) note(now_ns(), 1, data, (uint16_t)got);
}

static void wait_until(int fd, int64_t due_ns) {
    int64_t left_ns;
    while ((left_ns = due_ns - now_ns()) > 0) {
        if (left_ns > SPIN_NS) {
            struct timespec nap = {.tv_sec = (left_ns - SPIN_NS) / 1000000000, .tv_nsec = (left_ns - SPIN_NS) % 1000000000};
            struct pollfd polled = {.fd = fd, .events = POLLIN};
            ppoll(&polled, 1, &nap, NULL);
        }
        receive(fd);
    }
}

static int die(const char *what) {
    fprintf(stderr, "volley: %s: %s\n", what, strerror(errno));
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 8) {
        fprintf(stderr, "usage: volley LOG HOST PORT LOCAL_PORT START_NS TAIL_MS PRIORITY < packets\n");
        return 2;
    }
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[4]))};
    int fd = socket(AF_INET, SOCK_DGRAM, 0), room = BUFFER_BYTES;
    if (inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) return die(argv[2]);
    own.sin_addr = to.sin_addr;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&own, sizeof own)) return die("bind");
    char *packets = malloc(PACKETS_BYTES);
    logged = malloc(LOG_BYTES);
    size_t size = fread(packets, 1, PACKETS_BYTES, stdin), at = 0;
    int64_t start_ns = atoll(argv[5]);
    int priority = atoi(argv[7]);
    struct sched_param wished = {.sched_priority = priority};
    if (priority && (sched_setscheduler(0, SCHED_FIFO, &wished) || mlockall(MCL_CURRENT | MCL_FUTURE)))
        fprintf(stderr, "volley: not in the real-time class: its own stamps may be ms late\n");
    memset(logged, 0, LOG_BYTES);
    while (at + 10 <= size) {
        int64_t after_ns;
        uint16_t length;
        memcpy(&after_ns, packets + at, 8);
        memcpy(&length, packets + at + 8, 2);
        if (start_ns + after_ns > now_ns()) wait_until(fd, start_ns + after_ns);
        int64_t stamp_ns = now_ns();
        if (sendto(fd, packets + at + 10, length, 0, (struct sockaddr *)&to, sizeof to) < 0 && errno != ECONNREFUSED)
            return die("sendto");
        note(stamp_ns, 0, packets + at + 10, length);
        receive(fd);
        at += 10 + length;
    }
    wait_until(fd, now_ns() + atoll(argv[6]) * 1000000);
    FILE *log = fopen(argv[1], "wb");
    if (!log || fwrite(logged, 1, used, log) != used || fclose(log)) return die(argv[1]);
    return 0;
}
