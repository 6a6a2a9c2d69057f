#include "cli/guarded_streams.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "base/durable_files.hpp"
#include "cli/terminal.hpp"

namespace margincall::inline cli {
namespace {

struct Guarded {
    std::FILE* stream = nullptr;
    int descriptor = -1;
    int reason = 0;  // errno of the first failure
};
// The C library gives no way from a stream of ours to its descriptor. Two at a time: out and err.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<Guarded, 2> guarded{};

Guarded* find_guarded(const std::FILE* stream) {
    for (Guarded& one : guarded) {
        if (one.stream == stream && stream != nullptr) {
            return &one;
        }
    }
    return nullptr;
}

ssize_t write_guarded(void* cookie, const char* bytes, std::size_t count) {
    Guarded& one = *static_cast<Guarded*>(cookie);
    if (one.reason == 0) {
        one.reason = write_all(one.descriptor, {bytes, count});
    }
    return static_cast<ssize_t>(count);  // taken, if only to be forgotten
}

std::FILE* open_guarded(Guarded& one, std::FILE* given, int buffering) {
    std::fflush(given);
    one = Guarded{nullptr, fileno(given), 0};
    cookie_io_functions_t functions{};
    functions.write = write_guarded;
    one.stream = fopencookie(&one, "w", functions);
    if (one.stream == nullptr) {
        return given;
    }
    std::setvbuf(one.stream, nullptr, buffering, BUFSIZ);
    return one.stream;
}

}  // namespace

GuardedStreams::GuardedStreams(Streams given)
    : given_(given),
      out_(open_guarded(guarded[0], given.out, isatty(fileno(given.out)) != 0 ? _IOLBF : _IOFBF)),
      err_(open_guarded(guarded[1], given.err, _IOLBF)) {}

GuardedStreams::~GuardedStreams() {
    for (Guarded& one : guarded) {
        if (one.stream != nullptr) {
            std::fclose(one.stream);
            one = Guarded{};
        }
    }
}

ExitCode GuardedStreams::finish(ExitCode code) {
    int reason = write_failure(out_);
    // What other rooms print goes to standard output itself.
    errno = 0;
    if (reason == 0 && given_.out == stdout &&
        (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)) {
        // The failure may have been earlier and its errno gone; a pipe still knows.
        struct pollfd pipe {
            fileno(stdout), 0, 0
        };
        const bool reader_gone = poll(&pipe, 1, 0) > 0 && (pipe.revents & POLLERR) != 0;
        reason = reader_gone ? EPIPE : errno != 0 ? errno : EIO;
    }
    if (reason == 0 || reason == EPIPE) {
        return code;
    }
    fmt::print(
        err_, "margincall: standard output could not be written: {}\n", std::strerror(reason));
    std::fflush(err_);
    return code == ExitCode::done ? ExitCode::resources : code;
}

int descriptor_of(std::FILE* stream) {
    const Guarded* const one = find_guarded(stream);
    return one != nullptr ? one->descriptor : fileno(stream);
}

int write_failure(std::FILE* stream) {
    std::fflush(stream);
    const Guarded* const one = find_guarded(stream);
    return one != nullptr ? one->reason : 0;
}

void secure_standard_streams() {
    for (int number = 0; number <= 2; ++number) {
        if (fcntl(number, F_GETFD) < 0 && errno == EBADF) {
            const int null = open("/dev/null", O_RDWR);
            if (null >= 0 && null != number) {
                dup2(null, number);
                close(null);
            }
        }
    }
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace margincall::inline cli
