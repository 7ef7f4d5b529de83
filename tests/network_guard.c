/* Refuses and notes every attempt to reach beyond this computer: preloaded into a process and all its children.

   One line a happening in the file that CRANE_NETWORK_LOG names: "loaded PID PROGRAM", or "FUNCTION PID PROGRAM TARGET".
   What a program swallows is in the file all the same. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void note(const char *what, const char *target)
{
    const char *file = getenv("CRANE_NETWORK_LOG");
    char line[512];
    int length, log, before = errno;

    if (file == NULL)
        return;
    length = snprintf(line, sizeof line, "%s %d %s %s\n", what, (int)getpid(), program_invocation_short_name, target);
    if (length >= (int)sizeof line) {
        length = sizeof line - 1;
        line[length - 1] = '\n';
    }
    log = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (log >= 0) {
        /* One write of a line: processes that append at the same time do not mix. */
        if (write(log, line, (size_t)length) != length)
            abort();
        close(log);
    }
    errno = before;
}

__attribute__((constructor)) static void loaded(void) { note("loaded", ""); }

static int is_loopback_v4(const struct in_addr *address) { return (ntohl(address->s_addr) >> 24) == 127; }

/* 1 where an address leads to another computer, or lets one in; its words in `target`. */
static int leads_out(const struct sockaddr *address, char *target, size_t room)
{
    char words[INET6_ADDRSTRLEN] = "?";

    if (address == NULL)
        return 0;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)address;
        inet_ntop(AF_INET, &four->sin_addr, words, sizeof words);
        snprintf(target, room, "%s:%d", words, ntohs(four->sin_port));
        return !is_loopback_v4(&four->sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
        struct in_addr mapped;
        memcpy(&mapped, &six->sin6_addr.s6_addr[12], sizeof mapped);
        inet_ntop(AF_INET6, &six->sin6_addr, words, sizeof words);
        snprintf(target, room, "[%s]:%d", words, ntohs(six->sin6_port));
        return !IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) &&
               !(IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && is_loopback_v4(&mapped));
    }
    snprintf(target, room, "family %d", address->sa_family);
    return !(address->sa_family == AF_UNIX || address->sa_family == AF_NETLINK || address->sa_family == AF_UNSPEC);
}

static int refuses(const char *what, const struct sockaddr *address)
{
    char target[80];

    if (!leads_out(address, target, sizeof target))
        return 0;
    note(what, target);
    errno = ENETUNREACH;
    return 1;
}

int connect(int socket_, const struct sockaddr *address, socklen_t length)
{
    return refuses("connect", address) ? -1 : REAL(connect)(socket_, address, length);
}

int bind(int socket_, const struct sockaddr *address, socklen_t length)
{
    return refuses("bind", address) ? -1 : REAL(bind)(socket_, address, length);
}

ssize_t sendto(int socket_, const void *data, size_t size, int flags, const struct sockaddr *address, socklen_t length)
{
    return refuses("sendto", address) ? -1 : REAL(sendto)(socket_, data, size, flags, address, length);
}

ssize_t sendmsg(int socket_, const struct msghdr *message, int flags)
{
    return refuses("sendmsg", message->msg_name) ? -1 : REAL(sendmsg)(socket_, message, flags);
}

int sendmmsg(int socket_, struct mmsghdr *messages, unsigned int count, int flags)
{
    unsigned int n;

    for (n = 0; n < count; n++)
        if (refuses("sendmmsg", messages[n].msg_hdr.msg_name))
            return -1;
    return REAL(sendmmsg)(socket_, messages, count, flags);
}

/* 1 where a name is asked of somebody else; numbers are looked up at home, and connecting to them is another matter. */
static int asks_out(const char *what, const char *host)
{
    struct in6_addr number;

    if (host == NULL || strcmp(host, "localhost") == 0 || inet_pton(AF_INET, host, &number) == 1 ||
        inet_pton(AF_INET6, host, &number) == 1)
        return 0;
    note(what, host);
    return 1;
}

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    return asks_out("getaddrinfo", host) ? EAI_FAIL : REAL(getaddrinfo)(host, service, hints, found);
}

struct hostent *gethostbyname(const char *host)
{
    return asks_out("gethostbyname", host) ? NULL : REAL(gethostbyname)(host);
}

struct hostent *gethostbyname2(const char *host, int family)
{
    return asks_out("gethostbyname2", host) ? NULL : REAL(gethostbyname2)(host, family);
}

int gethostbyname_r(const char *host, struct hostent *entry, char *room, size_t size, struct hostent **found, int *error)
{
    if (!asks_out("gethostbyname_r", host))
        return REAL(gethostbyname_r)(host, entry, room, size, found, error);
    *found = NULL;
    *error = HOST_NOT_FOUND;
    return HOST_NOT_FOUND;
}

int gethostbyname2_r(const char *host, int family, struct hostent *entry, char *room, size_t size,
                     struct hostent **found, int *error)
{
    if (!asks_out("gethostbyname2_r", host))
        return REAL(gethostbyname2_r)(host, family, entry, room, size, found, error);
    *found = NULL;
    *error = HOST_NOT_FOUND;
    return HOST_NOT_FOUND;
}

/* Sockets below TCP and UDP see and send what they like: no program of ours has use for one. */
int socket(int family, int kind, int protocol)
{
    if (family == AF_PACKET || (kind & 0xf) == SOCK_RAW) {
        if (family != AF_NETLINK) {
            note("socket", family == AF_PACKET ? "AF_PACKET" : "SOCK_RAW");
            errno = EPERM;
            return -1;
        }
    }
    return REAL(socket)(family, kind, protocol);
}
