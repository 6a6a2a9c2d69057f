// What a wave of auto-deleveraging cost whom, added up the same way for a record and for a simulated book
// (docs/adl-laboratory.md says what each figure is). USD; nothing is decided here.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace margincall::inline waves {

// One account in one wave; several closings of it add up.
struct WaveHit {
    double closed = 0.0;         // notional of its positions closed
    double profit_closed = 0.0;  // unrealised profit of what was closed: paid out, runs no further
    double profit = 0.0;  // profit that is there to lose: of what was closed, or all of it where
                          // money is taken instead of positions
    double taken = 0.0;   // what it gives up
    double equity = std::numeric_limits<double>::quiet_NaN();  // before the wave; NaN = not known
};

struct WaveFigures {
    double needed = 0.0;   // what the insolvent side lacked at the mark
    double missing = 0.0;  // of it, what no winner could be asked for
    double taken = 0.0;
    double closed = 0.0;
    double profit_closed = 0.0;
    double profit_lost = 0.0;   // of `taken`, out of profits
    double capital_lost = 0.0;  // the rest: more than the profit was
    std::uint64_t accounts = 0;
    double hardest = 0.0;        // largest taken from one account
    double hardest_share = 0.0;  // largest taken / equity; NaN = not known
    // Taken beyond what was needed of whoever was asked.
    [[nodiscard]] double overshoot() const { return taken - (needed - missing); }
};

struct WaveTally {
    std::vector<WaveFigures> waves;
    WaveFigures all;             // an account counts once; its equity is that before its first wave
    std::uint64_t repeated = 0;  // accounts hit in more than one wave
    std::uint64_t most_waves = 0;  // of one account
    double tenth_share =
        0.0;  // of all that was taken, borne by the tenth of the hit accounts who gave most
};

class WaveCounter {
  public:
    explicit WaveCounter(std::size_t accounts);
    void begin_wave(double needed);
    void miss(double usd);
    void hit(std::uint32_t account, const WaveHit& hit);
    [[nodiscard]] WaveTally finish();

  private:
    void end_wave();

    WaveTally out_;
    std::vector<WaveHit> wave_, all_;  // by account
    std::vector<std::uint32_t> waves_of_, hit_now_;
    std::vector<std::uint8_t> is_hit_;
};

}  // namespace margincall::inline waves
