// The market of a stress: a scenario, completed with what the book has and it lacks, with the depth, funds and
// prices given beside it. A proposed rule change is made in the same way, laid over the scenario.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/decimal.hpp"
#include "cli/stress.hpp"
#include "cli/stress_failure.hpp"
#include "cli/stress_inputs.hpp"
#include "desk/book_snapshot.hpp"
#include "desk/made_market.hpp"
#include "scenario/compile.hpp"

namespace margincall::inline cli {

using NamedPrices = std::vector<std::pair<std::string, Decimal>>;  // by coin, USD
// --price and then --prices: the first that names a coin counts.
[[nodiscard]] std::expected<NamedPrices, StressFailure> read_prices(
    const StressArguments& arguments);

struct LoadedMarket {
    std::string name, hash;         // of the scenario
    std::int64_t start_unix_s = 0;  // whose prices it has
    std::vector<Limit> limits;      // of the scenario
    std::string text;               // resolved, with rules that were added; for the stress hash
    StressMarket market;
    MarketSources sources;
    Errors warnings;  // what had to be assumed
};

class MarketLoader {
  public:
    MarketLoader(const StressArguments& arguments,
                 const BookInputs& inputs,
                 const NamedPrices& prices)
        : args_(arguments), inputs_(inputs), prices_(prices) {}

    [[nodiscard]] std::expected<LoadedMarket, StressFailure> todays() const;
    // Of a file of `--rules`, which may change no instrument.
    [[nodiscard]] std::expected<LoadedMarket, StressFailure> proposed(
        const std::string& file, const StressMarket& todays) const;

  private:
    [[nodiscard]] std::expected<LoadedMarket, StressFailure> load(
        std::expected<Compiled, Errors> compiled, const std::string& file) const;
    [[nodiscard]] std::expected<void, StressFailure> complete(LoadedMarket& out) const;
    [[nodiscard]] std::expected<void, StressFailure> adjust(LoadedMarket& out) const;
    void set_prices(StressMarket& market, Errors& errors) const;
    [[nodiscard]] std::vector<InstrumentId> read_depth_text(const DepthFile& file,
                                                            const std::string& text,
                                                            LoadedMarket& out,
                                                            Errors& errors) const;
    void read_depth(LoadedMarket& out, Errors& errors) const;
    void read_funds(LoadedMarket& out, Errors& errors) const;

    const StressArguments& args_;
    const BookInputs& inputs_;
    const NamedPrices& prices_;
};

}  // namespace margincall::inline cli
