#include "cli/pool_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/interrupt.hpp"
#include "cli/terminal.hpp"

namespace margincall::inline cli {

ProgressStyle progress_style(Loudness loudness, const std::string& wanted, std::FILE* to) {
    if (loudness == Loudness::quiet || wanted == "none") {
        return ProgressStyle::none;
    }
    if (wanted == "bar") {
        return ProgressStyle::bar;
    }
    if (wanted == "plain") {
        return ProgressStyle::plain;
    }
    return is_terminal(to) ? ProgressStyle::bar : ProgressStyle::plain;
}

std::size_t worker_count(std::size_t asked) {
    return asked > 0 ? asked : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

bool PoolWatch::operator()(const PoolProgress& now) {
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const double all = static_cast<double>(std::max<std::uint64_t>(now.worlds, 1));
    const double done = static_cast<double>(now.finished + now.failed);
    const double share = std::min(1.0, (done + now.running) / all);
    const double rate = seconds > 0 ? static_cast<double>(now.fresh) / seconds : 0.0;
    const std::string speed = rate >= 1.0 ? fmt::format("{:.1f} {}/s", rate, what_)
                                          : fmt::format("{:.1f} {}/min", 60.0 * rate, what_);
    progress_.update(
        share,
        seconds,
        fmt::format(
            "{}/{}  {}  failed {}", now.finished + now.failed, now.worlds, speed, now.failed));
    return !interrupted();
}

}  // namespace margincall::inline cli
