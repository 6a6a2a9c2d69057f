#include "lab/forced_sale.hpp"

#include <fmt/format.h>

#include "scenario/measure.hpp"

namespace margincall::inline lab {

std::string forced_sale_row(const Plan& plan, SimTime at, const ForcedSale& sale) {
    constexpr std::int64_t second = 1'000'000'000;
    const auto utc = [&](SimTime time) {
        return iso_utc(plan.start_unix_s + (time.ns() + second - 1) / second);
    };
    return fmt::format(
        "type = \"flow\"\nname = \"forced sale of an experiment\"\nat = {}\nuntil = {}\n"
        "forced = true\nperps = true\ncause = \"test\"\nsell = {{ {} = {} }}\n"
        "source = \"assumed: an experiment\"\n",
        utc(at),
        utc(at + sale.over),
        quote_toml(sale.coin),
        format_toml(sale.usd, Unit::usd));
}

std::shared_ptr<const Compiled> with_seed(const Compiled& scenario, std::uint64_t seed) {
    auto copy = std::make_shared<Compiled>(scenario);
    copy->plan.seed = seed;
    return copy;
}

double forced_usd(const MemoryRecorder& recorder, SimTime from, SimTime to) {
    double usd = 0.0;
    for (const LiquidationRecord& r : recorder.liquidations()) {
        if (r.time_ns > from.ns() && r.time_ns <= to.ns()) {
            usd += r.notional_usd;
        }
    }
    return usd;
}

}  // namespace margincall::inline lab
