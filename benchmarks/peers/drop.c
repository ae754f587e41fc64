/* A receiver that costs next to nothing: it does the TLS 1.3 handshake, reads the head of each request, then counts the ciphertext
   of the body by the headers of its records and drops it undecrypted, so that the sender alone sets the pace. Answers 200.
   One process per connection.

   drop PORT CERTIFICATE.pem KEY.pem     prints the port (0: any free one)  */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

/* What TLS 1.3 with an AES-GCM suite adds to a record's content: the inner type and the tag. */
#define RECORD_OVERHEAD 17

static void die(const char *what) { perror(what); exit(1); }

/* Waited for, so that what they took counts as this process's children's. */
static void reap(int signal) { (void)signal; while (waitpid(-1, NULL, WNOHANG) > 0) { } }

static unsigned char ring[1 << 20];

/* Drops whole records until their content adds up. */
static int drop(int sock, long long content)
{
    size_t have = 0, skip = 0;
    while (content > 0 || skip > 0) {
        ssize_t got = recv(sock, ring + have, sizeof ring - have, 0);
        if (got <= 0) return 0;
        have += got;
        size_t at = 0;
        for (;;) {
            size_t step = have - at < skip ? have - at : skip;
            at += step;
            skip -= step;
            if (skip > 0 || have - at < 5 || content <= 0) break;
            skip = (size_t)ring[at + 3] << 8 | ring[at + 4];
            content -= (long long)skip - RECORD_OVERHEAD;
            at += 5;
        }
        memmove(ring, ring + at, have -= at);
    }
    return 1;
}

static void serve(SSL_CTX *context, int sock)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
    static const char go[] = "HTTP/1.1 100 Continue\r\n\r\n";
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, sock);
    if (SSL_accept(ssl) != 1) return;
    for (;;) {
        char head[8192];
        int have = 0;
        char *end = NULL;
        while (!end) {
            int got = SSL_read(ssl, head + have, sizeof head - 1 - have);
            if (got <= 0) return;
            head[have += got] = 0;
            end = strstr(head, "\r\n\r\n");
        }
        char *length = strcasestr(head, "\r\nContent-Length:");
        long long left = length && length < end ? atoll(length + 17) : 0;
        if (strcasestr(head, "\r\nExpect: 100-continue")) SSL_write(ssl, go, sizeof go - 1);
        left -= head + have - (end + 4);
        /* Without read-ahead OpenSSL takes whole records off the socket, so the rest of the body lies there untouched. */
        if (left > 0 && !drop(sock, left)) return;
        SSL_write(ssl, ok, sizeof ok - 1);
        if (left > 0) {
            /* The record counter of the dropped direction is lost: this connection cannot be read any more. */
            shutdown(sock, SHUT_WR);
            while (recv(sock, ring, sizeof ring, 0) > 0) { }
            return;
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 4) return fprintf(stderr, "drop PORT CERTIFICATE.pem KEY.pem\n"), 64;
    signal(SIGCHLD, reap);
    signal(SIGPIPE, SIG_IGN);
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(context, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
    if (SSL_CTX_use_certificate_chain_file(context, argv[2]) != 1 || SSL_CTX_use_PrivateKey_file(context, argv[3], SSL_FILETYPE_PEM) != 1) die("certificate");
    int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t size = sizeof at;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (void *)&at, sizeof at) || listen(listener, 64) || getsockname(listener, (void *)&at, &size)) die("listen");
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    for (;;) {
        int sock = accept(listener, NULL, NULL);
        if (sock < 0) continue;
        if (fork() == 0) {
            close(listener);
            setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            serve(context, sock);
            exit(0);
        }
        close(sock);
    }
}
