// Two winners short of one coin and two waves, small enough to be followed by hand (docs/adl-laboratory.md).
#pragma once

#include "waves/wave_record.hpp"

namespace margincall::test {

// ann: 6 coins, 10 USD of profit each, wallet 300; bob: 4 coins, 20 USD each, wallet 100; at 100 USD a coin.
// Wave 1 closes 5 coins 2 USD from the mark (10 USD needed), wave 2 closes 3 coins 1 USD from it (3 USD).
inline RecordTexts small_record() {
    return {.winners = {"winners.csv",
                        "user,adl_notional,closed_pnl,account_value_realtime,num_adl_events\n"
                        "ann,600,60,300,1\n"
                        "bob,400,80,100,1\n"},
            .coins = {"coins.csv", "ticker,net_volume,net_notional_usd\nA,10,1000\n"},
            .waves = {"waves.csv",
                      "wave,t_start_ms,t_end_ms,n_rows,unique_losers\n"
                      "1,1000,1000,2,1\n"
                      "3,9000,9500,1,2\n"},
            .gaps = {"gaps.csv",
                     "wave,coin,qty_contracts,gap_per_contract_usd\n"
                     "1,A,5,2\n"
                     "3,A,3.0,1e0\n"},
            .published = {}};
}

inline WaveRecord read_small(const RecordTexts& texts = small_record()) {
    return read_wave_record(texts).value();
}

}  // namespace margincall::test
