// store: an HTTP/1.1 server that keeps uploads in files, a thread a connection: what the machine can do.
//
//   store DIRECTORY
//
// It prints its port. PUT /NAME: received, written 256 KiB at a time, fdatasync, then answered. GET /NAME: read and sent.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 256 << 10, HEAD_LIMIT = 16 << 10 };

static int directory;

static int send_all(int socket, const char *text, size_t length) {
  while (length) {
    ssize_t sent = send(socket, text, length, MSG_NOSIGNAL);
    if (sent <= 0) return 0;
    text += sent, length -= sent;
  }
  return 1;
}

static int write_all(int file, const char *bytes, size_t length) {
  while (length) {
    ssize_t written = write(file, bytes, length);
    if (written <= 0) return 0;
    bytes += written, length -= written;
  }
  return 1;
}

// `have` bytes of the body are in the buffer already.
static int take(int socket, const char *name, long long left, char *buffer, size_t have) {
  int file = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  int good = file >= 0;
  while (good && left) {
    if (!have) {
      ssize_t got = recv(socket, buffer, left < BUFFER ? left : BUFFER, MSG_WAITALL);
      if (got <= 0) break;
      have = got;
    }
    good = write_all(file, buffer, have);
    left -= have, have = 0;
  }
  good = good && !left && fdatasync(file) == 0;
  if (file >= 0) close(file);
  static const char answer[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
  return good && send_all(socket, answer, sizeof answer - 1);
}

static int give(int socket, const char *name) {
  int file = openat(directory, name, O_RDONLY);
  struct stat facts;
  if (file < 0 || fstat(file, &facts)) return 0;
  char head[128];
  int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n\r\n", (long long)facts.st_size);
  int good = send_all(socket, head, length);
  for (off_t at = 0; good && at < facts.st_size; ) good = sendfile(socket, file, &at, facts.st_size - at) > 0;
  close(file);
  return good;
}

static void *serve(void *argument) {
  int socket = (int)(long)argument, on = 1;
  char *buffer = malloc(BUFFER), method[8], name[256];
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  for (size_t have = 0;;) {
    char *end;
    while (!(end = memmem(buffer, have, "\r\n\r\n", 4)) && have < HEAD_LIMIT) {
      ssize_t got = recv(socket, buffer + have, BUFFER - 1 - have, 0);
      if (got <= 0) goto gone;
      have += got;
    }
    if (!end) break;
    *end = 0;
    if (sscanf(buffer, "%7s /%255[^ /?]", method, name) != 2) break;
    char *field = strcasestr(buffer, "\r\ncontent-length:");
    long long length = field ? atoll(field + 17) : 0;
    size_t head = end + 4 - buffer;
    memmove(buffer, buffer + head, have -= head);
    if (!(strcmp(method, "GET") ? take(socket, name, length, buffer, have) : give(socket, name))) break;
    have = 0;
  }
gone:
  close(socket);
  free(buffer);
  return NULL;
}

int main(int count, char **values) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (count != 2 || (directory = open(values[1], O_RDONLY | O_DIRECTORY)) < 0) return 2;
  signal(SIGPIPE, SIG_IGN);
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  socklen_t size = sizeof address;
  if (bind(listener, (void *)&address, size) || listen(listener, 512) || getsockname(listener, (void *)&address, &size))
    return perror("listen"), 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  pthread_attr_t detached;
  pthread_attr_init(&detached);
  pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
  for (;;) {
    int connection = accept(listener, NULL, NULL);
    pthread_t thread;
    if (connection >= 0 && pthread_create(&thread, &detached, serve, (void *)(long)connection)) close(connection);
  }
}
