/* A filter around libyaz: reads messages, each after its length in four octets, decodes and encodes each with libyaz, and
   writes what comes out in the same way; a length of 0 where libyaz refuses, of ffffffff where it crashes or hangs.
   A child does the work, in memory that it shares with us; where it dies, the next one goes on behind the message that
   killed it. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaz/ill.h>
#include <yaz/odr.h>

static const unsigned char *input, *input_end;

static const unsigned char *next(const unsigned char *p, uint32_t *length)
{
    if (input_end - p < 4) return NULL;
    *length = (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
    return *length <= input_end - p - 4 ? p + 4 : NULL;
}

static struct {
    volatile uint32_t done; /* messages */
    volatile size_t size; /* octets of answers */
    unsigned char answers[1 << 28]; /* the system gives what is written to, and no more */
} *shared;

static void answer(const char *octets, uint32_t length, uint32_t said)
{
    unsigned char *p = shared->answers + shared->size;
    if (shared->size + length + 4 > sizeof shared->answers) exit(1);
    p[0] = said >> 24, p[1] = said >> 16, p[2] = said >> 8, p[3] = said;
    if (length) memcpy(p + 4, octets, length);
    shared->size += length + 4;
    shared->done++;
}

static void convert(const unsigned char *octets, uint32_t length)
{
    char *copy = malloc(length ? length : 1), *written = NULL; /* of its own, as libyaz is not to see what follows */
    int size = 0;
    ODR decoder = odr_createmem(ODR_DECODE), encoder = odr_createmem(ODR_ENCODE);
    ILL_APDU *apdu = NULL;
    if (copy == NULL) abort();
    memcpy(copy, octets, length);
    odr_setbuf(decoder, copy, (int)length, 0);
    if (ill_APDU(decoder, &apdu, 0, 0) && ill_APDU(encoder, &apdu, 0, 0)) written = odr_getbuf(encoder, &size, 0);
    answer(written, written ? (uint32_t)size : 0, written ? (uint32_t)size : 0);
    odr_destroy(decoder);
    odr_destroy(encoder);
    free(copy);
}

static void read_all(void)
{
    size_t size = 0, room = 1 << 20, n;
    unsigned char *octets = malloc(room);
    while (octets && (n = fread(octets + size, 1, room - size, stdin)) > 0) {
        size += n;
        if (size == room) octets = realloc(octets, room *= 2);
    }
    if (octets == NULL) exit(1);
    input = octets;
    input_end = octets + size;
}

int main(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (shared == MAP_FAILED) return 1;
    read_all();
    for (;;) {
        const unsigned char *p = input;
        uint32_t length = 0, i;
        int status;
        pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            alarm(30);
            for (i = 0; (p = next(p, &length)) != NULL; i++, p += length)
                if (i >= shared->done) convert(p, length);
            _exit(0);
        }
        if (waitpid(child, &status, 0) != child) return 1;
        if (WIFEXITED(status) && WEXITSTATUS(status)) return 1;
        if (WIFEXITED(status)) break;
        answer(NULL, 0, 0xffffffff);
    }
    return fwrite(shared->answers, 1, shared->size, stdout) == shared->size ? 0 : 1;
}
