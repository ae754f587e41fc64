/* The floor: sends a file, or the one stored entry of a ZIP, as multipart/form-data over TLS 1.3, with SHA-256, in 256 KB sends.
   Nothing is proven, retried or reported; it shows what the work itself costs.

   send FILE HOST PORT TIMES      prints one line per transfer: cpu wall rss  */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFER (256 * 1024)

static void die(const char *what) { perror(what); exit(1); }

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

/* Where the bytes of the first, stored entry lie; a file that is no ZIP is taken whole. */
static void locate(int file, off_t *start, off_t *length)
{
    unsigned char h[30], extra[64];
    struct stat s;
    if (fstat(file, &s) || pread(file, h, sizeof h, 0) != sizeof h) die("file");
    *start = 0;
    *length = s.st_size;
    if (memcmp(h, "PK\3\4", 4)) return;
    unsigned name = h[26] | h[27] << 8, more = h[28] | h[29] << 8;
    uint32_t size;
    memcpy(&size, h + 18, 4);
    *length = size;
    if (size == UINT32_MAX) {
        uint64_t wide;
        if (pread(file, extra, sizeof extra, 30 + name) < 20) die("extra field");
        memcpy(&wide, extra + 12, 8);
        *length = (off_t)wide;
    }
    *start = 30 + name + more;
}

static void put(SSL *ssl, const void *bytes, size_t count)
{
    size_t written;
    while (count > 0) {
        if (SSL_write_ex(ssl, bytes, count > 16384 ? 16384 : count, &written) != 1) die("SSL_write");
        bytes = (const char *)bytes + written;
        count -= written;
    }
}

static void transfer(SSL_CTX *context, const char *path, const char *host, int port)
{
    static unsigned char buffer[BUFFER];
    static const char head[] = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.ktgz\"\r\nContent-Type: application/octet-stream\r\n\r\n";
    static const char tail[] = "\r\n--b--\r\n";
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int yes = 1, sock = socket(AF_INET, SOCK_STREAM, 0), file = open(path, O_RDONLY);
    off_t at, left;
    inet_pton(AF_INET, host, &to.sin_addr);
    if (file < 0 || connect(sock, (void *)&to, sizeof to)) die(path);
    setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    posix_fadvise(file, 0, 0, POSIX_FADV_SEQUENTIAL);
    locate(file, &at, &left);

    /* Records are gathered between TLS and the socket. */
    BIO *socket_bio = BIO_new_socket(sock, BIO_CLOSE), *gather = BIO_new(BIO_f_buffer());
    BIO_set_write_buffer_size(gather, BUFFER + 16 * 22);
    SSL *ssl = SSL_new(context);
    BIO *top = BIO_push(gather, socket_bio);
    SSL_set_bio(ssl, top, top);
    if (SSL_connect(ssl) != 1) die("SSL_connect");

    char request[512];
    int n = snprintf(request, sizeof request,
        "POST /upload HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %lld\r\n\r\n%s",
        host, port, (long long)left + (long long)(sizeof head - 1 + sizeof tail - 1), head);
    put(ssl, request, n);

    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(hash, EVP_sha256(), NULL);
    while (left > 0) {
        ssize_t got = pread(file, buffer, left < BUFFER ? left : BUFFER, at);
        if (got <= 0) die("read");
        EVP_DigestUpdate(hash, buffer, got);
        put(ssl, buffer, got);
        at += got;
        left -= got;
    }

    unsigned char digest[32];
    EVP_DigestFinal_ex(hash, digest, NULL);
    put(ssl, tail, sizeof tail - 1);
    BIO_flush(gather);
    n = SSL_read(ssl, request, sizeof request - 1);
    if (n < 12 || memcmp(request, "HTTP/1.1 200", 12)) die("answer");
    EVP_MD_CTX_free(hash);
    SSL_free(ssl);
    close(file);
}

int main(int argc, char **argv)
{
    if (argc != 5) return fprintf(stderr, "send FILE HOST PORT TIMES\n"), 64;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    for (int i = 0; i < atoi(argv[4]); i++) {
        double c = cpu(), w = wall();
        struct rusage u;
        transfer(context, argv[1], argv[2], atoi(argv[3]));
        c = cpu() - c, w = wall() - w;
        getrusage(RUSAGE_SELF, &u);
        printf("cpu=%.3f wall=%.3f rss=%.1f\n", c, w, u.ru_maxrss / 1024.0);
    }
    return 0;
}
