// An HTTP/1.1 server over the listener that its host gives it: the first descriptor from 3 on that
// is a socket. It serves many connections at once and waits for all of them in one poll.
//   GET /        a greeting
//   POST /echo   what was sent
//   POST /stop   answers, and ends the program
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { max_connections = 64, max_request = 16384, max_answer = max_request + 256 };

typedef struct {
  int fd;  // -1: nobody's
  size_t received, to_send, sent;
  bool closes;  // when all is sent
  char in[max_request], out[max_answer];
} Connection;

typedef struct {
  const char* method;
  size_t method_size;
  const char* path;
  size_t path_size;
  const char* body;
  size_t body_size;
  bool closes;
} Request;

static Connection connections[max_connections];
static bool stops;

static void answer(Connection* to, const char* status, const char* body, size_t size) {
  const int head = snprintf(to->out, sizeof to->out,
                            "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
                            "Connection: %s\r\n\r\n",
                            status, size, to->closes ? "close" : "keep-alive");
  memcpy(to->out + head, body, size);
  to->to_send = (size_t)head + size;
  to->sent = 0;
}

static void refuse(Connection* to, const char* status) {
  to->closes = true;
  answer(to, status, "", 0);
}

static bool is(const char* text, size_t size, const char* word) {
  return size == strlen(word) && memcmp(text, word, size) == 0;
}

// Behind "NAME:" in a line of the head, or null.
static const char* value_of(const char* line, const char* name) {
  const size_t size = strlen(name);
  if (strncasecmp(line, name, size) != 0 || line[size] != ':') return NULL;
  line += size + 1;
  return line + strspn(line, " \t");
}

// Reads one request. Returns its size, 0 where more of it has to come, -1 where it is none.
static long parse(const char* text, size_t size, Request* request) {
  const char* const end = memmem(text, size, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  if (memchr(text, '\0', (size_t)(end - text)) != NULL) return -1;
  request->method = text;
  request->method_size = strcspn(text, " \r");
  request->path = text + request->method_size + 1;
  request->path_size = strcspn(request->path, " \r");
  const char* const version = request->path + request->path_size + 1;
  if (version > end || strncmp(version, "HTTP/1.", 7) != 0) return -1;
  request->closes = version[7] == '0';
  request->body = end + 4;
  request->body_size = 0;
  for (const char* line = strstr(text, "\r\n") + 2; line < end; line = strstr(line, "\r\n") + 2) {
    const char* value = value_of(line, "Content-Length");
    if (value != NULL) request->body_size = strtoul(value, NULL, 10);
    value = value_of(line, "Connection");
    if (value != NULL) request->closes = strncasecmp(value, "close", 5) == 0;
  }
  const size_t head = (size_t)(request->body - text);
  if (request->body_size >= max_request - head) return -1;
  return head + request->body_size <= size ? (long)(head + request->body_size) : 0;
}

// Answers the first request that is there.
static void serve(Connection* of) {
  static const char greeting[] = "Hello from a guest!\n";
  Request request;
  of->in[of->received] = '\0';
  const long size = parse(of->in, of->received, &request);
  if (size < 0 || (size == 0 && of->received == max_request - 1)) {
    refuse(of, size < 0 ? "400 Bad Request" : "413 Content Too Large");
    return;
  }
  if (size == 0) return;
  of->closes = request.closes;
  const bool posts = is(request.method, request.method_size, "POST");
  if (!posts && !is(request.method, request.method_size, "GET")) {
    refuse(of, "405 Method Not Allowed");
  } else if (!posts && is(request.path, request.path_size, "/")) {
    answer(of, "200 OK", greeting, sizeof greeting - 1);
  } else if (posts && is(request.path, request.path_size, "/echo")) {
    answer(of, "200 OK", request.body, request.body_size);
  } else if (posts && is(request.path, request.path_size, "/stop")) {
    stops = of->closes = true;
    answer(of, "200 OK", "", 0);
  } else {
    answer(of, "404 Not Found", "", 0);
  }
  of->received -= (size_t)size;
  memmove(of->in, of->in + size, of->received);
}

// Whether the call has to be made again, later.
static bool must_wait(void) { return errno == EAGAIN || errno == EINTR; }

static void close_connection(Connection* which) {
  close(which->fd);
  which->fd = -1;
}

static void receive(Connection* from) {
  const size_t room = max_request - 1 - from->received;
  const ssize_t size = recv(from->fd, from->in + from->received, room, 0);
  if (size > 0) {
    from->received += (size_t)size;
  } else if (size == 0 || !must_wait()) {
    close_connection(from);
  }
}

// Answers as much as there is to be answered and the other side takes.
static void work(Connection* on) {
  for (;;) {
    if (on->to_send == 0) serve(on);
    if (on->to_send == 0) return;
    const ssize_t size = send(on->fd, on->out + on->sent, on->to_send - on->sent, 0);
    if (size < 0) {
      if (!must_wait()) close_connection(on);
      return;
    }
    on->sent += (size_t)size;
    if (on->sent != on->to_send) return;
    on->to_send = 0;
    if (on->closes) {
      close_connection(on);
      return;
    }
  }
}

static void accept_one(int listener) {
  const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  for (int i = 0; i < max_connections; ++i) {
    Connection* const free_one = &connections[i];
    if (free_one->fd >= 0) continue;
    free_one->fd = fd;
    free_one->received = free_one->to_send = 0;
    free_one->closes = false;
    return;
  }
  close(fd);
}

static int find_listener(void) {
  struct stat status;
  for (int fd = 3; fstat(fd, &status) == 0; ++fd) {
    if (S_ISSOCK(status.st_mode)) return fd;
  }
  return -1;
}

int main(void) {
  const int listener = find_listener();
  if (listener < 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0) {
    fputs("no socket to listen at was given: waxwing --listen 127.0.0.1:8080 http_server.wasm\n",
          stderr);
    return 1;
  }
  for (int i = 0; i < max_connections; ++i) connections[i].fd = -1;
  while (!stops) {
    struct pollfd waits[max_connections + 1] = {{.fd = listener, .events = POLLIN}};
    Connection* of[max_connections + 1];
    nfds_t count = 1;
    for (int i = 0; i < max_connections; ++i) {
      Connection* const connection = &connections[i];
      if (connection->fd < 0) continue;
      of[count] = connection;
      waits[count++] = (struct pollfd){.fd = connection->fd,
                                       .events = connection->to_send == 0 ? POLLIN : POLLOUT};
    }
    if (poll(waits, count, -1) < 0) {
      perror("poll");
      return 1;
    }
    for (nfds_t i = 1; i < count; ++i) {
      if (waits[i].revents == 0) continue;
      if (of[i]->to_send == 0) receive(of[i]);
      if (of[i]->fd >= 0) work(of[i]);
    }
    if (waits[0].revents != 0) accept_one(listener);
  }
  return 0;
}
