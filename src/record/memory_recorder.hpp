// Keeps every record of a run in memory, in the order in which it happened: the tables that
// analytics, the database writer and the report read. Append-only. Values are kept as run.db holds
// them, so that figures and pictures of a run can be made again from its folder to the last bit.
#pragma once

#include <span>
#include <vector>

#include "plan/plan.hpp"
#include "record/stored_fields.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline record {

class MemoryRecorder final : public Recorder {
  public:
    MemoryRecorder() = default;
    // Reserves what the plan makes predictable: bars, states and fund curves.
    explicit MemoryRecorder(const Plan& plan);

    // Bars that end earlier are left out: ten hours of one a second are more than a window needs.
    void keep_bars_from(Duration after_start) { bars_from_ns_ = after_start.raw(); }

    void on(const BarRecord& record) override {
        if (record.time_ns >= bars_from_ns_) {
            bars_.push_back(as_stored(record));
        }
    }
    void on(const LiquidationRecord& record) override {
        liquidations_.push_back(as_stored(record));
    }
    void on(const AdlRecord& record) override { adl_.push_back(as_stored(record)); }
    void on(const FundRecord& record) override { fund_.push_back(as_stored(record)); }
    void on(const FundingRecord& record) override { funding_.push_back(as_stored(record)); }
    void on(const EventRecord& record) override { events_.push_back(as_stored(record)); }
    void on(const StateRecord& record) override { states_.push_back(as_stored(record)); }
    void on(const MapRecord& record) override { map_.push_back(as_stored(record)); }
    void on(const ReproductionRecord& record) override {
        reproduction_.push_back(as_stored(record));
    }
    void on(const CoinReproductionRecord& record) override {
        coin_reproduction_.push_back(as_stored(record));
    }
    void on(const SentimentRecord& record) override { sentiment_.push_back(as_stored(record)); }
    void on(const LendingRecord& record) override { lending_.push_back(as_stored(record)); }
    void on(const HealthRecord& record) override { health_.push_back(as_stored(record)); }
    void on(const ChainLiquidationRecord& record) override {
        chain_liquidations_.push_back(as_stored(record));
    }
    void on(const PegRecord& record) override { peg_.push_back(as_stored(record)); }
    void on(const IncidentRecord& record) override { incident_.push_back(as_stored(record)); }
    void on(const PoolRecord& record) override { pools_.push_back(as_stored(record)); }
    void on(const IssuerRecord& record) override { issuer_.push_back(as_stored(record)); }

    [[nodiscard]] std::span<const BarRecord> bars() const { return bars_; }
    [[nodiscard]] std::span<const LiquidationRecord> liquidations() const { return liquidations_; }
    [[nodiscard]] std::span<const AdlRecord> adl() const { return adl_; }
    [[nodiscard]] std::span<const FundRecord> fund() const { return fund_; }
    [[nodiscard]] std::span<const FundingRecord> funding() const { return funding_; }
    [[nodiscard]] std::span<const EventRecord> events() const { return events_; }
    [[nodiscard]] std::span<const StateRecord> states() const { return states_; }
    [[nodiscard]] std::span<const MapRecord> map() const { return map_; }
    [[nodiscard]] std::span<const ReproductionRecord> reproduction() const { return reproduction_; }
    [[nodiscard]] std::span<const CoinReproductionRecord> coin_reproduction() const {
        return coin_reproduction_;
    }
    [[nodiscard]] std::span<const SentimentRecord> sentiment() const { return sentiment_; }
    [[nodiscard]] std::span<const LendingRecord> lending() const { return lending_; }
    [[nodiscard]] std::span<const HealthRecord> health() const { return health_; }
    [[nodiscard]] std::span<const ChainLiquidationRecord> chain_liquidations() const {
        return chain_liquidations_;
    }
    [[nodiscard]] std::span<const PegRecord> peg() const { return peg_; }
    [[nodiscard]] std::span<const IncidentRecord> incident() const { return incident_; }
    [[nodiscard]] std::span<const PoolRecord> pools() const { return pools_; }
    [[nodiscard]] std::span<const IssuerRecord> issuer() const { return issuer_; }

    // The records of one type, for code that is made from the list of tables.
    [[nodiscard]] auto rows(RecordType<BarRecord> /*t*/) const { return bars(); }
    [[nodiscard]] auto rows(RecordType<LiquidationRecord> /*t*/) const { return liquidations(); }
    [[nodiscard]] auto rows(RecordType<AdlRecord> /*t*/) const { return adl(); }
    [[nodiscard]] auto rows(RecordType<FundRecord> /*t*/) const { return fund(); }
    [[nodiscard]] auto rows(RecordType<FundingRecord> /*t*/) const { return funding(); }
    [[nodiscard]] auto rows(RecordType<EventRecord> /*t*/) const { return events(); }
    [[nodiscard]] auto rows(RecordType<StateRecord> /*t*/) const { return states(); }
    [[nodiscard]] auto rows(RecordType<MapRecord> /*t*/) const { return map(); }
    [[nodiscard]] auto rows(RecordType<ReproductionRecord> /*t*/) const { return reproduction(); }
    [[nodiscard]] auto rows(RecordType<CoinReproductionRecord> /*t*/) const {
        return coin_reproduction();
    }
    [[nodiscard]] auto rows(RecordType<SentimentRecord> /*t*/) const { return sentiment(); }
    [[nodiscard]] auto rows(RecordType<LendingRecord> /*t*/) const { return lending(); }
    [[nodiscard]] auto rows(RecordType<HealthRecord> /*t*/) const { return health(); }
    [[nodiscard]] auto rows(RecordType<ChainLiquidationRecord> /*t*/) const {
        return chain_liquidations();
    }
    [[nodiscard]] auto rows(RecordType<PegRecord> /*t*/) const { return peg(); }
    [[nodiscard]] auto rows(RecordType<IncidentRecord> /*t*/) const { return incident(); }
    [[nodiscard]] auto rows(RecordType<PoolRecord> /*t*/) const { return pools(); }
    [[nodiscard]] auto rows(RecordType<IssuerRecord> /*t*/) const { return issuer(); }

  private:
    std::int64_t bars_from_ns_ = 0;
    std::vector<BarRecord> bars_;
    std::vector<LiquidationRecord> liquidations_;
    std::vector<AdlRecord> adl_;
    std::vector<FundRecord> fund_;
    std::vector<FundingRecord> funding_;
    std::vector<EventRecord> events_;
    std::vector<StateRecord> states_;
    std::vector<MapRecord> map_;
    std::vector<ReproductionRecord> reproduction_;
    std::vector<CoinReproductionRecord> coin_reproduction_;
    std::vector<SentimentRecord> sentiment_;
    std::vector<LendingRecord> lending_;
    std::vector<HealthRecord> health_;
    std::vector<ChainLiquidationRecord> chain_liquidations_;
    std::vector<PegRecord> peg_;
    std::vector<IncidentRecord> incident_;
    std::vector<PoolRecord> pools_;
    std::vector<IssuerRecord> issuer_;
};

}  // namespace margincall::inline record
