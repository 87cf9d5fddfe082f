/*
 * The version: the macros are those of the library that runs, and the numbers of the package. Prints it.
 */

#include <sockets.h>

#include <stdio.h>

#if SOCKETS_VERSION_NUMBER != (SOCKETS_VERSION_MAJOR << 16 | SOCKETS_VERSION_MINOR << 8 | SOCKETS_VERSION_PATCH)
#error "the parts are not the whole"
#endif

int main(void)
{
    unsigned int version = sockets_version();
    printf("%d.%d.%d %u.%u.%u\n", SOCKETS_VERSION_MAJOR, SOCKETS_VERSION_MINOR, SOCKETS_VERSION_PATCH,
           version >> 16, version >> 8 & 255, version & 255);
    return version != SOCKETS_VERSION_NUMBER;
}
