// The limit for an echo: bytes over TCP, one thread, epoll, and one buffer. It speaks the protocol of bench/peers.ts over raw TCP.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE (256 * 1024)
#define EVENT_COUNT 256
#define MAX_FILES 65536

// What could not be written at once, for each connection.
static struct { char *bytes; size_t length, written; } pending[MAX_FILES];
static char buffer[BUFFER_SIZE];
static int poller;

static void watch(int operation, int file, unsigned events) {
  struct epoll_event event = { .events = events, .data.fd = file };
  if (epoll_ctl(poller, operation, file, &event) != 0) { perror("epoll_ctl"); exit(1); }
}

static void end(int file) {
  close(file);
  free(pending[file].bytes);
  memset(&pending[file], 0, sizeof pending[file]);
}

// Keeps what is left, and reads no more until it is written.
static void keep(int file, const char *bytes, size_t length) {
  pending[file].bytes = malloc(length);
  if (pending[file].bytes == NULL) { perror("malloc"); exit(1); }
  memcpy(pending[file].bytes, bytes, length);
  pending[file].length = length;
  pending[file].written = 0;
  watch(EPOLL_CTL_MOD, file, EPOLLOUT);
}

static void echo(int file) {
  ssize_t size = read(file, buffer, BUFFER_SIZE);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) { end(file); return; }
  ssize_t written = write(file, buffer, size);
  if (written < 0 && errno != EAGAIN) { end(file); return; }
  if (written < 0) written = 0;
  if (written < size) keep(file, buffer + written, size - written);
}

static void flush_pending(int file) {
  size_t start = pending[file].written;
  ssize_t written = write(file, pending[file].bytes + start, pending[file].length - start);
  if (written < 0 && errno == EAGAIN) return;
  if (written < 0) { end(file); return; }
  pending[file].written += written;
  if (pending[file].written < pending[file].length) return;
  free(pending[file].bytes);
  memset(&pending[file], 0, sizeof pending[file]);
  watch(EPOLL_CTL_MOD, file, EPOLLIN);
}

static void accept_all(int listener) {
  int on = 1, file;
  while ((file = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
    if (file >= MAX_FILES) { close(file); continue; }
    setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (write(file, "!", 1) != 1) { close(file); continue; }
    watch(EPOLL_CTL_ADD, file, EPOLLIN);
  }
}

static void follow_input(void) {
  char line[64];
  if (read(STDIN_FILENO, line, sizeof line) <= 0) exit(0);
  puts("gc");
  fflush(stdout);
}

int main(int count, char **arguments) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  address.sin_port = htons(count > 1 ? atoi(arguments[1]) : 0);
  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) {
    perror("listen");
    return 1;
  }
  poller = epoll_create1(0);
  watch(EPOLL_CTL_ADD, listener, EPOLLIN);
  watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN);
  puts("ready");
  fflush(stdout);

  struct epoll_event events[EVENT_COUNT];
  for (;;) {
    int ready = epoll_wait(poller, events, EVENT_COUNT, -1);
    for (int index = 0; index < ready; index++) {
      int file = events[index].data.fd;
      if (file == listener) accept_all(listener);
      else if (file == STDIN_FILENO) follow_input();
      else if (events[index].events & EPOLLOUT) flush_pending(file);
      else echo(file);
    }
  }
}
