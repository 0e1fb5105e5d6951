// link: a line between two network namespaces, in user space, for kernels without sch_netem. Two TUN devices, and between them, for
// each direction: a serialiser of some rate, a queue that drops what does not fit, random loss, and a delay.
//
//   link DEVICE_A DEVICE_B QUEUE_KIB SEED STEP…        STEP is SECOND:RTT_MS:MBIT:LOSS_PERCENT
//
// The steps' clock begins with the first packet of A. It prints "ready" when the devices are there (to be moved into their
// namespaces), and counts of packets when it is ended by SIGTERM.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { MOST_STEPS = 64, PACKET = 65536, AT_ONCE = 64 };

typedef struct Packet {
  struct Packet *next;
  double due;
  int length;
  unsigned char bytes[];
} Packet;

typedef struct {
  int from, to;
  double free_at;  // when the serialiser has sent all that is queued
  Packet *first, *last;
  long packets, lost, overflowed;
} Direction;

typedef struct {
  double second, rtt, bytes_per_second, loss;
} Step;

static Step steps[MOST_STEPS];
static int step_count;
static double queue_bytes, began;
static uint64_t state;
static volatile int stopped;

static void stop(int signal) { (void)signal, stopped = 1; }

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double chance(void) {  // xorshift64
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (state >> 11) / 9007199254740992.0;
}

static const Step *current(double t) {
  int i = step_count - 1;
  while (i > 0 && (began == 0 || t - began < steps[i].second)) i--;
  return &steps[i];
}

static int open_device(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
  if (device < 0 || ioctl(device, TUNSETIFF, &request)) perror(name), exit(1);
  return device;
}

static void take(Direction *way, int starts_clock) {
  unsigned char bytes[PACKET];
  for (int i = 0; i < AT_ONCE; i++) {
    int length = read(way->from, bytes, sizeof bytes);
    if (length <= 0) return;
    if (bytes[0] >> 4 != 4) continue;
    double t = now();
    if (starts_clock && began == 0) began = t;
    const Step *step = current(t);
    way->packets++;
    if (chance() * 100 < step->loss) {
      way->lost++;
      continue;
    }
    if (way->free_at < t) way->free_at = t;
    if ((way->free_at - t) * step->bytes_per_second > queue_bytes) {
      way->overflowed++;
      continue;
    }
    way->free_at += length / step->bytes_per_second;
    Packet *packet = malloc(sizeof *packet + length);
    *packet = (Packet){.due = way->free_at + step->rtt / 2, .length = length};
    // A line does not reorder, also not when its delay becomes shorter.
    if (way->last && packet->due < way->last->due) packet->due = way->last->due;
    memcpy(packet->bytes, bytes, length);
    if (way->last) way->last->next = packet;
    else way->first = packet;
    way->last = packet;
  }
}

static void deliver(Direction *way) {
  for (double t = now(); way->first && way->first->due <= t; ) {
    Packet *packet = way->first;
    // A full device drops, as a line does.
    if (write(way->to, packet->bytes, packet->length) < 0) way->overflowed++;
    way->first = packet->next;
    if (!way->first) way->last = NULL;
    free(packet);
  }
}

static double wait_seconds(const Direction *up, const Direction *down) {
  double wait = 1, t = now();
  if (up->first && up->first->due - t < wait) wait = up->first->due - t;
  if (down->first && down->first->due - t < wait) wait = down->first->due - t;
  return wait < 0 ? 0 : wait;
}

int main(int count, char **values) {
  if (count < 6 || count - 5 > MOST_STEPS) return fprintf(stderr, "link DEVICE_A DEVICE_B QUEUE_KIB SEED STEP…\n"), 2;
  for (; step_count < count - 5; step_count++) {
    Step *step = &steps[step_count];
    double mbit;
    if (sscanf(values[5 + step_count], "%lf:%lf:%lf:%lf", &step->second, &step->rtt, &mbit, &step->loss) != 4 || mbit <= 0) return 2;
    step->rtt /= 1e3, step->bytes_per_second = mbit * 1e6 / 8;
  }
  queue_bytes = atof(values[3]) * 1024;
  state = (strtoull(values[4], NULL, 10) + 1) * 0x9E3779B97F4A7C15ull;
  prctl(PR_SET_TIMERSLACK, 1);
  signal(SIGTERM, stop), signal(SIGINT, stop);
  int a = open_device(values[1]), b = open_device(values[2]);
  Direction up = {.from = a, .to = b}, down = {.from = b, .to = a};
  puts("ready");
  fflush(stdout);
  while (!stopped) {
    double wait = wait_seconds(&up, &down);
    struct timespec timeout = {(time_t)wait, (long)((wait - (time_t)wait) * 1e9)};
    struct pollfd devices[] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
    ppoll(devices, 2, &timeout, NULL);
    take(&up, 1), take(&down, 0);
    deliver(&up), deliver(&down);
  }
  printf("{\"packets\":%ld,\"lost\":%ld,\"overflowed\":%ld}\n", up.packets, up.lost, up.overflowed);
}
