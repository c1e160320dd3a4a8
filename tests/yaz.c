/* A filter around libyaz: reads messages, each after its length in four octets, decodes and encodes each with libyaz, and
   writes what comes out in the same way; a length of 0 where libyaz refuses.  A process of its own, since libyaz 5.34
   can crash on what it does not expect. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaz/ill.h>
#include <yaz/odr.h>

static int read_length(uint32_t *length)
{
    unsigned char octets[4];
    if (fread(octets, 1, 4, stdin) != 4) return 0;
    *length = (uint32_t)octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3];
    return 1;
}

static void write_octets(const char *octets, uint32_t length)
{
    unsigned char header[4] = {length >> 24, length >> 16, length >> 8, length};
    fwrite(header, 1, 4, stdout);
    fwrite(octets, 1, length, stdout);
    fflush(stdout);
}

int main(void)
{
    uint32_t length;
    while (read_length(&length)) {
        char *octets = malloc(length ? length : 1), *written = NULL;
        int size = 0;
        ODR decoder = odr_createmem(ODR_DECODE), encoder = odr_createmem(ODR_ENCODE);
        ILL_APDU *apdu = NULL;
        if (!octets || fread(octets, 1, length, stdin) != length) return 1;
        odr_setbuf(decoder, octets, (int)length, 0);
        if (ill_APDU(decoder, &apdu, 0, 0) && ill_APDU(encoder, &apdu, 0, 0)) written = odr_getbuf(encoder, &size, 0);
        write_octets(written, written ? (uint32_t)size : 0);
        odr_destroy(decoder);
        odr_destroy(encoder);
        free(octets);
    }
    return 0;
}
