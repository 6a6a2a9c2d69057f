// A run database of the made-up run, in a folder that goes away with the test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "record/run_db.hpp"
#include "record/synthetic_run.hpp"
#include "temporary_folder.hpp"

namespace margincall::testing {

class SyntheticDb : public ::testing::Test {
  protected:
    [[nodiscard]] std::filesystem::path file() const { return folder_ / "run.db"; }
    [[nodiscard]] RunDbContent content() const {
        RunDbContent out;
        out.plan = &run_.plan;
        out.recorder = &run_.recorder;
        out.totals = run_.totals;
        out.version = "0.1.0";
        out.metrics = {{"btc_low", "USD per coin", 98'944.36, 98'944.36, 98'944.36, 98'944.36},
                       {"oi_eth_change", "fraction", {}, {}, {}, {}}};
        out.observed = {
            {"btc_low", "USD per coin", 98'944.36, 98'944.0, 989.0, true, "", "", "=x"}};
        return out;
    }
    void write() { ASSERT_TRUE(write_run_db(file(), content()).has_value()); }

    TemporaryFolder temporary_;
    const std::filesystem::path& folder_ = temporary_.path();
    SyntheticRun run_{synthetic_plan(hours(1))};
};

}  // namespace margincall::testing
