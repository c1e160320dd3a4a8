/* libyaz behind three functions that ctypes can call.  The loops are here, so that a call from Python is not measured. */

#include <string.h>
#include <time.h>
#include <yaz/ill.h>
#include <yaz/odr.h>
#include <yaz/yaz-version.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e9 + t.tv_nsec;
}

static ILL_APDU *read_apdu(ODR o, char *octets, int length)
{
    ILL_APDU *apdu = 0;
    odr_reset(o);
    odr_setbuf(o, octets, length, 0);
    return ill_APDU(o, &apdu, 0, 0) ? apdu : 0;
}

static char *write_apdu(ODR o, ILL_APDU *apdu, int *length)
{
    odr_reset(o);
    return ill_APDU(o, &apdu, 0, 0) ? odr_getbuf(o, length, 0) : 0;
}

void version(char *text)
{
    yaz_version(text, 0);
}

/* Nanoseconds of one decoding, to C structures; -1 where libyaz refuses the octets. */
double decode(char *octets, int length, int loops)
{
    ODR o = odr_createmem(ODR_DECODE);
    int i, good = 1;
    double begin = now(), end;
    for (i = 0; i < loops && good; i++)
        good = read_apdu(o, octets, length) != 0;
    end = now();
    odr_destroy(o);
    return good ? (end - begin) / loops : -1;
}

/* Nanoseconds of one encoding, of what the octets decode to; -1 where libyaz refuses them. */
double encode(char *octets, int length, int loops)
{
    ODR in = odr_createmem(ODR_DECODE), out = odr_createmem(ODR_ENCODE);
    ILL_APDU *apdu = read_apdu(in, octets, length);
    int i, written, good = apdu != 0;
    double begin = now(), end;
    for (i = 0; i < loops && good; i++)
        good = write_apdu(out, apdu, &written) != 0;
    end = now();
    odr_destroy(out);
    odr_destroy(in);
    return good ? (end - begin) / loops : -1;
}

/* Decode and encode once; how many octets were written to result, or -1. */
int round_trip(char *octets, int length, char *result, int room)
{
    ODR in = odr_createmem(ODR_DECODE), out = odr_createmem(ODR_ENCODE);
    ILL_APDU *apdu = read_apdu(in, octets, length);
    int written = -1;
    char *found = apdu ? write_apdu(out, apdu, &written) : 0;
    if (!found || written > room)
        written = -1;
    else
        memcpy(result, found, written);
    odr_destroy(out);
    odr_destroy(in);
    return written;
}
