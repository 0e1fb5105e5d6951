// sink: an HTTP/1.1 server that throws uploads away, a thread a connection, so cheap that the client is what is measured.
//
//   sink [-h ADDRESS] [-p PORT] [-g GRANT]
//
// It prints its port, and answers as far as upload clients look: VOD CreateUpload… and RefreshUpload… (the text of the file
// GRANT, each ########## in it replaced by another number), the multipart calls of OSS and S3 with the CRC-64 of every body, tus
// 1.0.0 with concatenation, CORS preflights.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "crc64.h"

enum { HEAD_LIMIT = 32 << 10, BUFFER = 256 << 10, FORM_LIMIT = 64 << 10 };

static char *grant;
static atomic_long numbers;

typedef struct {
  int socket;
  char *buffer;
  size_t have;
} Line;

typedef struct {
  char head[HEAD_LIMIT];  // ends with the CRLF of its last header
  char method[16], path[8192];
  long long received;
  uint64_t crc;
  char form[FORM_LIMIT];  // what comes to "/": the parameters of an RPC call
  size_t form_length;
  long number;
} Request;

typedef struct {
  int status;
  const char *type;
  char headers[2048], body[4096];
} Answer;

static int fill(Line *line) {
  ssize_t got = recv(line->socket, line->buffer + line->have, BUFFER - line->have, 0);
  if (got <= 0) return 0;
  line->have += got;
  return 1;
}

static void drop(Line *line, size_t length) { memmove(line->buffer, line->buffer + length, line->have -= length); }

static int send_all(int socket, const char *text, size_t length) {
  while (length) {
    ssize_t sent = send(socket, text, length, MSG_NOSIGNAL);
    if (sent <= 0) return 0;
    text += sent, length -= sent;
  }
  return 1;
}

static int header(const Request *request, const char *name, char *value, size_t size) {
  size_t length = strlen(name);
  for (const char *at = request->head; (at = strstr(at, "\r\n")); ) {
    at += 2;
    if (strncasecmp(at, name, length) || at[length] != ':') continue;
    for (at += length + 1; *at == ' '; at++) {}
    size_t n = strcspn(at, "\r");
    snprintf(value, size, "%.*s", (int)n, at);
    return 1;
  }
  return 0;
}

static int read_head(Line *line, Request *request) {
  char *end;
  while (!(end = memmem(line->buffer, line->have, "\r\n\r\n", 4)))
    if (line->have >= HEAD_LIMIT - 1 || !fill(line)) return 0;
  size_t length = end - line->buffer + 2;
  if (length >= HEAD_LIMIT) return 0;
  memcpy(request->head, line->buffer, length);
  request->head[length] = 0;
  drop(line, length + 2);
  return sscanf(request->head, "%15s %8191s", request->method, request->path) == 2;
}

static void take(Request *request, const char *bytes, size_t length) {
  request->received += length;
  request->crc = crc64(request->crc, bytes, length);
  size_t room = sizeof request->form - 1 - request->form_length;
  if (strncmp(request->path, "/?", 2) && strcmp(request->path, "/")) return;
  size_t kept = length < room ? length : room;
  memcpy(request->form + request->form_length, bytes, kept);
  request->form[request->form_length += kept] = 0;
}

static int read_bytes(Line *line, Request *request, long long left) {
  while (left) {
    if (!line->have && !fill(line)) return 0;
    size_t part = (long long)line->have < left ? line->have : (size_t)left;
    if (request) take(request, line->buffer, part);
    drop(line, part);
    left -= part;
  }
  return 1;
}

static int read_chunks(Line *line, Request *request) {
  for (;;) {
    char *end;
    while (!(end = memmem(line->buffer, line->have, "\r\n", 2)))
      if (!fill(line)) return 0;
    long long length = strtoll(line->buffer, NULL, 16);
    drop(line, end - line->buffer + 2);
    if (!read_bytes(line, request, length) || !read_bytes(line, NULL, 2)) return 0;
    if (length == 0) return 1;
  }
}

static int read_body(Line *line, Request *request) {
  char value[64];
  request->received = 0, request->crc = 0, request->form_length = 0, request->form[0] = 0;
  if (header(request, "expect", value, sizeof value) && !send_all(line->socket, "HTTP/1.1 100 Continue\r\n\r\n", 25)) return 0;
  if (header(request, "transfer-encoding", value, sizeof value)) return read_chunks(line, request);
  return read_bytes(line, request, header(request, "content-length", value, sizeof value) ? atoll(value) : 0);
}

static void add(Answer *answer, const char *format, ...) {
  size_t used = strlen(answer->headers);
  va_list values;
  va_start(values, format);
  vsnprintf(answer->headers + used, sizeof answer->headers - used, format, values);
  va_end(values);
}

static void body(Answer *answer, const char *type, const char *format, ...) {
  va_list values;
  answer->type = type;
  va_start(values, format);
  vsnprintf(answer->body, sizeof answer->body, format, values);
  va_end(values);
}

static void answer_rpc(const Request *request, Answer *answer) {
  const char *form = request->form;
  if (!grant || !(strstr(form, "Action=CreateUpload") || strstr(form, "Action=RefreshUpload"))) {
    answer->status = 404;
    body(answer, "application/json", "{\"Code\":\"InvalidAction.NotFound\",\"Message\":\"Not here.\",\"RequestId\":\"%ld\"}", request->number);
    return;
  }
  body(answer, "application/json", "%s", grant);
  char digits[16], *at = answer->body;
  snprintf(digits, sizeof digits, "%010ld", request->number);
  while ((at = strstr(at, "##########"))) memcpy(at, digits, 10);
}

static void answer_tus(const Request *request, Answer *answer) {
  char value[512];
  long long offset = header(request, "upload-offset", value, sizeof value) ? atoll(value) : 0;
  add(answer, "Tus-Resumable: 1.0.0\r\nUpload-Offset: %lld\r\n", offset + request->received);
  answer->status = strcmp(request->method, "POST") ? 204 : 201;
  if (answer->status == 201 && header(request, "host", value, sizeof value))
    add(answer, "Location: http://%s/files/%ld\r\n", value, request->number);
}

static void answer_store(const Request *request, Answer *answer) {
  const char *query = strchr(request->path, '?'), *method = request->method;
  int of_upload = query && strstr(query, "uploadId=");
  if (!strcmp(method, "PUT")) {
    add(answer, "ETag: \"D41D8CD98F00B204E9800998ECF8427E\"\r\nx-oss-hash-crc64ecma: %llu\r\n", (unsigned long long)request->crc);
  } else if (!strcmp(method, "POST") && of_upload) {
    body(answer, "application/xml",
         "<?xml version=\"1.0\"?><CompleteMultipartUploadResult><Location>http://bench/k</Location><Bucket>bench</Bucket><Key>k</Key>"
         "<ETag>\"D41D8CD98F00B204E9800998ECF8427E-1\"</ETag></CompleteMultipartUploadResult>");
  } else if (!strcmp(method, "POST") && query && strstr(query, "uploads")) {
    body(answer, "application/xml",
         "<?xml version=\"1.0\"?><InitiateMultipartUploadResult><Bucket>bench</Bucket><Key>k</Key><UploadId>U%ld</UploadId>"
         "</InitiateMultipartUploadResult>", request->number);
  } else if (!strcmp(method, "GET") && of_upload) {
    body(answer, "application/xml", "<?xml version=\"1.0\"?><ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>");
  } else if (!strcmp(method, "DELETE")) {
    answer->status = 204;
  }
}

static void answer_preflight(const Request *request, Answer *answer) {
  char value[2048];
  answer->status = 204;
  add(answer, "Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\nAccess-Control-Max-Age: 600\r\n");
  if (header(request, "access-control-request-headers", value, sizeof value - 64))
    add(answer, "Access-Control-Allow-Headers: %s\r\n", value);
}

static int send_answer(Line *line, const Request *request, const Answer *answer) {
  static const char *EXPOSED = "ETag, Date, Location, Upload-Offset, Tus-Resumable, x-oss-hash-crc64ecma, x-oss-request-id";
  char text[8192], date[64];
  struct tm now;
  time_t seconds = time(NULL);
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&seconds, &now));
  size_t length = strcmp(request->method, "HEAD") ? strlen(answer->body) : 0;
  const char *word = answer->status == 201 ? "Created" : answer->status == 204 ? "No Content" : answer->status == 404 ? "Not Found" : "OK";
  int n = snprintf(text, sizeof text, "HTTP/1.1 %d %s\r\nDate: %s\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: %s\r\nx-oss-request-id: %ld\r\n%s",
                   answer->status, word, date, EXPOSED, request->number, answer->headers);
  if (answer->status != 204) n += snprintf(text + n, sizeof text - n, "Content-Type: %s\r\nContent-Length: %zu\r\n", answer->type, length);
  n += snprintf(text + n, sizeof text - n, "\r\n%s", length ? answer->body : "");
  return send_all(line->socket, text, n);
}

static void *serve(void *argument) {
  Line line = {.socket = (int)(long)argument, .buffer = malloc(BUFFER)};
  Request *request = malloc(sizeof *request);
  int on = 1;
  setsockopt(line.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  while (read_head(&line, request) && read_body(&line, request)) {
    char value[16];
    Answer answer = {.status = 200, .type = "text/plain"};
    request->number = atomic_fetch_add(&numbers, 1);
    if (!strcmp(request->method, "OPTIONS")) answer_preflight(request, &answer);
    else if (header(request, "tus-resumable", value, sizeof value)) answer_tus(request, &answer);
    else if (!strcmp(request->method, "POST") && request->form_length) answer_rpc(request, &answer);
    else answer_store(request, &answer);
    if (!send_answer(&line, request, &answer)) break;
  }
  close(line.socket);
  free(line.buffer);
  free(request);
  return NULL;
}

static char *read_grant(const char *name) {
  FILE *file = fopen(name, "r");
  char *text = calloc(1, 4096);
  if (!file || !fread(text, 1, 4095, file)) perror(name), exit(1);
  fclose(file);
  return text;
}

int main(int count, char **values) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int option; (option = getopt(count, values, "h:p:g:")) != -1; ) {
    if (option == 'h') inet_pton(AF_INET, optarg, &address.sin_addr);
    else if (option == 'p') address.sin_port = htons(atoi(optarg));
    else if (option == 'g') grant = read_grant(optarg);
    else return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  crc64_prepare();
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof address;
  if (bind(listener, (void *)&address, size) || listen(listener, 512) || getsockname(listener, (void *)&address, &size)) return perror("listen"), 1;
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
