// tls_load: what MQTT over TLS costs a broker, a delivered message.
//   cc -O2 -o /tmp/tls_load tests/bench/tls_load.c -lssl -lcrypto
//   /tmp/tls_load HOST PORT BROKER_PID [PAIRS 50] [PAYLOAD 256] [BURST 64] [SECONDS 3]
//
// PAIRS publishers, each with a subscriber of its own topic, QoS 0, one thread. Closed loop: a publisher has
// at most 400 messages on the way, so that no broker has a reason to drop, and every message must arrive.
// Prints messages a second and the broker's CPU microseconds a delivered message, from /proc/PID/stat.
// The server's certificate is not verified. Pin it on a core of its own and the broker on another.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WINDOW 400

struct conn {
    SSL *ssl;
    int fd, index, subscribes, blocked;
    unsigned char *out;      // a burst that is being written: out[off..len)
    size_t off, len;
    unsigned char head[8];   // fixed header of the packet that is being read
    size_t nhead, skip;      // skip: its bytes still to come
};

static int pairs = 50, payload = 256, burst = 64, pid, ep;
static double seconds = 3;
static struct conn *pubs, *subs;
static long *sent, *received, total;
static SSL_CTX *tls;
static struct sockaddr_in target;

static void die(const char *what) {
    fprintf(stderr, "tls_load: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static double broker_cpu(void) {
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) die("no such broker");
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = 0;
    unsigned long u = 0, s = 0;
    char *p = strrchr(line, ')');
    if (p) sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &u, &s);
    return (double)(u + s) / sysconf(_SC_CLK_TCK);
}

static void write_all(struct conn *c, const unsigned char *p, int n) {
    if (SSL_write(c->ssl, p, n) != n) die("write");
}

static void join(struct conn *c, int index, int subscribes) {
    int one = 1;
    c->index = index;
    c->subscribes = subscribes;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&target, sizeof target)) die("connect");
    c->ssl = SSL_new(tls);
    SSL_set_fd(c->ssl, c->fd);
    if (SSL_connect(c->ssl) != 1) die("handshake");
    unsigned char p[64] = { 0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0 };
    int n = sprintf((char *)p + 14, "t%x%c%d", getpid(), subscribes ? 's' : 'p', index);
    p[1] = 12 + n;
    p[13] = n;
    write_all(c, p, 14 + n);
    unsigned char ack[16];
    if (SSL_read(c->ssl, ack, 4) != 4 || ack[3] != 0) die("refused");
    if (subscribes) {
        unsigned char s[64] = { 0x82, 0, 0, 1, 0, 0 };
        n = sprintf((char *)s + 6, "bench/%d", index);
        s[1] = 5 + n;
        s[5] = n;
        s[6 + n] = 0;
        write_all(c, s, 7 + n);
        if (SSL_read(c->ssl, ack, 5) != 5) die("no SUBACK");
    }
    fcntl(c->fd, F_SETFL, fcntl(c->fd, F_GETFL) | O_NONBLOCK);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
    epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static void watch(struct conn *c, int writes) {
    struct epoll_event e = { .events = EPOLLIN | (writes ? EPOLLOUT : 0), .data.ptr = c };
    epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e);
    c->blocked = writes;
}

static void publish(struct conn *c) {
    for (;;) {
        if (c->off == c->len) {
            if (sent[c->index] - received[c->index] + burst > WINDOW) break;
            c->off = 0;
            sent[c->index] += burst;
        }
        int n = SSL_write(c->ssl, c->out + c->off, (int)(c->len - c->off));
        if (n <= 0) {
            if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_WRITE) die("a publisher was closed");
            if (!c->blocked) watch(c, 1);
            return;
        }
        c->off += (size_t)n;
    }
    if (c->blocked) watch(c, 0);
}

static void receive(struct conn *c) {
    static unsigned char buffer[65536];
    int n;
    while ((n = SSL_read(c->ssl, buffer, sizeof buffer)) > 0) {
        for (size_t at = 0; at < (size_t)n;) {
            if (c->skip > 0) {
                size_t k = c->skip < (size_t)n - at ? c->skip : (size_t)n - at;
                c->skip -= k;
                at += k;
                if (c->skip == 0) { received[c->index]++; total++; }
                continue;
            }
            c->head[c->nhead++] = buffer[at++];
            if (c->nhead < 2 || (c->head[c->nhead - 1] & 128)) continue;
            size_t length = 0;
            for (size_t i = c->nhead - 1; i >= 1; i--) length = length << 7 | (c->head[i] & 127);
            if (c->head[0] >> 4 != 3) die("not a PUBLISH");
            c->skip = length;
            c->nhead = 0;
        }
    }
    if (SSL_get_error(c->ssl, n) != SSL_ERROR_WANT_READ) die("a subscriber was closed");
    publish(&pubs[c->index]);
}

static void prepare(struct conn *c) {
    char topic[32];
    int tl = sprintf(topic, "bench/%d", c->index);
    size_t body = 2 + (size_t)tl + (size_t)payload;
    c->out = malloc((size_t)burst * (body + 5));
    unsigned char *p = c->out;
    for (int i = 0; i < burst; i++) {
        *p++ = 0x30;
        size_t n = body;
        do { *p++ = (unsigned char)((n & 127) | (n > 127 ? 128 : 0)); n >>= 7; } while (n);
        *p++ = 0;
        *p++ = (unsigned char)tl;
        memcpy(p, topic, (size_t)tl);
        memset(p + tl, 'x', (size_t)payload);
        p += tl + payload;
    }
    c->off = c->len = (size_t)(p - c->out);
}

static void run(double until) {
    struct epoll_event events[256];
    double last = now();
    long before = total;
    while (now() < until) {
        int n = epoll_wait(ep, events, 256, 100);
        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;
            if (c->subscribes) receive(c);
            else {
                unsigned char byte;
                int k = SSL_read(c->ssl, &byte, 1);
                if (k <= 0 && SSL_get_error(c->ssl, k) != SSL_ERROR_WANT_READ) die("a publisher was closed");
                publish(c);
            }
        }
        if (total != before) { before = total; last = now(); }
        if (now() - last > 5) die("nothing arrives any more");
    }
}

int main(int argc, char **argv) {
    if (argc < 4) die("HOST PORT BROKER_PID [PAIRS] [PAYLOAD] [BURST] [SECONDS]");
    target.sin_family = AF_INET;
    target.sin_port = htons((unsigned short)atoi(argv[2]));
    if (inet_pton(AF_INET, argv[1], &target.sin_addr) != 1) die("HOST is to be an IPv4 address");
    pid = atoi(argv[3]);
    if (argc > 4) pairs = atoi(argv[4]);
    if (argc > 5) payload = atoi(argv[5]);
    if (argc > 6) burst = atoi(argv[6]);
    if (argc > 7) seconds = atof(argv[7]);
    tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ep = epoll_create1(0);
    pubs = calloc((size_t)pairs, sizeof *pubs);
    subs = calloc((size_t)pairs, sizeof *subs);
    sent = calloc((size_t)pairs, sizeof *sent);
    received = calloc((size_t)pairs, sizeof *received);
    for (int i = 0; i < pairs; i++) {
        join(&subs[i], i, 1);
        join(&pubs[i], i, 0);
        prepare(&pubs[i]);
    }
    for (int i = 0; i < pairs; i++) publish(&pubs[i]);
    run(now() + 0.7);
    double t = now(), cpu = broker_cpu();
    long n = total;
    run(t + seconds);
    double spent = broker_cpu() - cpu, took = now() - t;
    n = total - n;
    printf("%.0f messages/s, %.3f us of the broker's CPU each, %s, %s\n", n / took, spent / n * 1e6,
           SSL_get_version(subs[0].ssl), SSL_get_cipher(subs[0].ssl));
    return 0;
}
