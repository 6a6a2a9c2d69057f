// A recorder that keeps nothing: tests override what they look at.
#pragma once

#include "sim/recorder.hpp"

namespace margincall::testing {

class QuietRecorder : public Recorder {
  public:
    void on(const BarRecord&) override {}
    void on(const LiquidationRecord&) override {}
    void on(const AdlRecord&) override {}
    void on(const FundRecord&) override {}
    void on(const FundingRecord&) override {}
    void on(const EventRecord&) override {}
    void on(const StateRecord&) override {}
    void on(const MapRecord&) override {}
    void on(const ReproductionRecord&) override {}
    void on(const CoinReproductionRecord&) override {}
    void on(const SentimentRecord&) override {}
    void on(const LendingRecord&) override {}
    void on(const HealthRecord&) override {}
    void on(const ChainLiquidationRecord&) override {}
    void on(const PegRecord&) override {}
    void on(const IncidentRecord&) override {}
    void on(const PoolRecord&) override {}
    void on(const IssuerRecord&) override {}
};

}  // namespace margincall::testing
