/* A player of timecode for JACK that shares nothing with CueFocus: libltc makes the sound.
 *
 *   ltcfeed FPS START SECONDS ORACLE [CLIENT]      e.g. ltcfeed 25 00:59:57:00 60 oracle.txt
 *
 * Registers CLIENT:ltc (player:ltc), prints "ready", and plays once for each line on standard input, from START. With
 * standard input closed it writes ORACLE and ends:
 *
 *   start FRAME           the JACK frame at which START's first sample went out
 *   cycle FRAME NS        the first frame of a cycle, and the server's time of it in CLOCK_MONOTONIC ns
 *   xruns N               since the first start
 */
#define _GNU_SOURCE
#include <errno.h>
#include <jack/jack.h>
#include <ltc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { CYCLES_MAX = 1 << 20, STARTS_MAX = 64 };

typedef struct {
    jack_nframes_t frame;
    int64_t host_ns;
} Cycle;

static jack_client_t *client;
static jack_port_t *port;
static float *sound;
static size_t samples;
static Cycle *cycles;
static volatile size_t cycle_count;
static jack_nframes_t starts[STARTS_MAX];
static volatile int start_count, wanted, xruns;
static size_t position;
static int64_t offset_ns;

static int64_t monotonic_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int process(jack_nframes_t frames, void *unused) {
    (void)unused;
    jack_nframes_t first;
    jack_time_t began_us, next_us;
    float period_us;
    int64_t before = monotonic_ns(), server_us = (int64_t)jack_get_time(), after = monotonic_ns();
    if (!offset_ns || after - before < 5000) offset_ns = (before + after) / 2 - server_us * 1000 - 500;
    float *out = jack_port_get_buffer(port, frames);
    if (jack_get_cycle_times(client, &first, &began_us, &next_us, &period_us)) first = jack_last_frame_time(client);
    else if (cycle_count < CYCLES_MAX)
        cycles[cycle_count++] = (Cycle){first, (int64_t)began_us * 1000 + offset_ns};
    if (wanted > start_count && start_count < STARTS_MAX) {
        if (!start_count) xruns = 0;
        starts[start_count++] = first;
        position = 0;
    }
    size_t left = samples - position, count = start_count ? (left < frames ? left : frames) : 0;
    memcpy(out, sound + position, count * sizeof *out);
    memset(out + count, 0, (frames - count) * sizeof *out);
    position += count;
    return 0;
}

static int on_xrun(void *unused) {
    (void)unused;
    xruns++;
    return 0;
}

static int die(const char *what) {
    fprintf(stderr, "ltcfeed: %s\n", what);
    return 1;
}

static int encode(double fps, const char *label, double seconds, double rate) {
    SMPTETimecode start;
    memset(&start, 0, sizeof start);
    unsigned hours, minutes, secs, frame;
    if (sscanf(label, "%u:%u:%u:%u", &hours, &minutes, &secs, &frame) != 4) return 0;
    strcpy(start.timezone, "+0000");
    start.hours = (unsigned char)hours, start.mins = (unsigned char)minutes;
    start.secs = (unsigned char)secs, start.frame = (unsigned char)frame;
    LTCEncoder *encoder = ltc_encoder_create(rate, fps, fps == 25 ? LTC_TV_625_50 : LTC_TV_FILM_24, 0);
    if (!encoder) return 0;
    ltc_encoder_set_timecode(encoder, &start);
    size_t room = (size_t)(seconds * rate) + (size_t)(2 * rate / fps) + 1;
    sound = calloc(room, sizeof *sound);
    for (long count = (long)(seconds * fps); sound && count > 0; count--) {
        ltc_encoder_encode_frame(encoder);
        ltcsnd_sample_t *bytes;
        int got = ltc_encoder_get_bufferptr(encoder, &bytes, 1);
        for (int i = 0; i < got && samples < room; i++) sound[samples++] = (float)(bytes[i] - 128) / 127.0f;
        ltc_encoder_inc_timecode(encoder);
    }
    ltc_encoder_free(encoder);
    return sound != NULL;
}

int main(int argc, char **argv) {
    if (argc < 5) {
        fprintf(stderr, "usage: ltcfeed FPS START SECONDS ORACLE [CLIENT]\n");
        return 2;
    }
    client = jack_client_open(argc > 5 ? argv[5] : "player", JackNoStartServer, NULL);
    if (!client) return die("no JACK server answers");
    cycles = calloc(CYCLES_MAX, sizeof *cycles);
    if (!cycles || !encode(atof(argv[1]), argv[2], atof(argv[3]), jack_get_sample_rate(client)))
        return die("cannot make the timecode: FPS, HH:MM:SS:FF or memory");
    mlockall(MCL_CURRENT | MCL_FUTURE);
    port = jack_port_register(client, "ltc", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
    jack_set_process_callback(client, process, NULL);
    jack_set_xrun_callback(client, on_xrun, NULL);
    if (!port || jack_activate(client)) return die("the JACK server refused");
    puts("ready");
    fflush(stdout);
    char line[64];
    while (fgets(line, sizeof line, stdin)) wanted++;
    jack_deactivate(client);
    FILE *oracle = fopen(argv[4], "w");
    if (!oracle) return die(strerror(errno));
    for (int i = 0; i < start_count; i++) fprintf(oracle, "start %u\n", starts[i]);
    for (size_t i = 0; i < cycle_count; i++) fprintf(oracle, "cycle %u %lld\n", cycles[i].frame, (long long)cycles[i].host_ns);
    fprintf(oracle, "xruns %d\n", xruns);
    jack_client_close(client);
    return fclose(oracle) ? die("the oracle could not be written") : 0;
}
