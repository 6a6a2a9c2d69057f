// How the fields of a record stand in run.db: name, unit and type of each column, and the value that
// comes back when the file is read. Writer, reader and MemoryRecorder share these rules, so that what
// a run computes from its records and what is computed from its folder later are the same to the
// last bit.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/strong.hpp"
#include "sim/recorder.hpp"

namespace margincall::inline record {

// The unit of a record's field follows from its name (style: units last).
[[nodiscard]] std::string_view unit_of_field(std::string_view field);
[[nodiscard]] inline bool is_money_field(std::string_view field) {
    return unit_of_field(field) == "USD";
}
// "balance_usd" -> "balance_usd_micro", "bid_1" -> "bid_1_usd_micro".
[[nodiscard]] std::string money_column(std::string_view field);

// Nearest micro-dollar; what does not fit 64 bits (or is not a number) is not known. From 4 billion
// dollars on a product of doubles is coarser than half a micro-dollar: rounded as it stands, an
// amount would creep each time it is read and written. So the exact product is rounded.
[[nodiscard]] inline std::optional<std::int64_t> micro_dollars(double usd) {
    constexpr auto scale = static_cast<double>(micro_per_usd);
    const double micro = usd * scale;
    if (!(std::abs(micro) < 9.2e18)) {
        return std::nullopt;
    }
    const double left_out = std::fma(usd, scale, -micro);
    const double whole = std::round(micro);
    return static_cast<std::int64_t>(whole) + std::llround((micro - whole) + left_out);
}
[[nodiscard]] inline double usd_of_micro(std::int64_t micro) {
    // Sixty-four bits of mantissa: a double would round the integer before it is divided.
    return static_cast<double>(static_cast<long double>(micro) /
                               static_cast<long double>(micro_per_usd));
}

// What a value is after it was written and read; writing it again stores the same. Not known (NULL)
// is NaN.
[[nodiscard]] inline double stored_money(double usd) {
    const std::optional<std::int64_t> micro = micro_dollars(usd);
    return micro ? usd_of_micro(*micro) : std::numeric_limits<double>::quiet_NaN();
}
[[nodiscard]] inline double stored_real(double value) {
    // SQLite keeps whole numbers as integers, which have no negative zero.
    return std::isfinite(value) ? value + 0.0 : std::numeric_limits<double>::quiet_NaN();
}

// For each field of a record whether it is money, in the order of its list.
template <class Record>
[[nodiscard]] const std::vector<bool>& money_fields() {
    static const std::vector<bool> flags = [] {
        std::vector<bool> out;
        Record record;
        visit_fields(record, [&out](const char* name, auto& field) {
            using Field = std::remove_reference_t<decltype(field)>;
            out.push_back(std::is_floating_point_v<Field> && is_money_field(name));
        });
        return out;
    }();
    return flags;
}

template <class Record>
[[nodiscard]] Record as_stored(Record record) {
    std::size_t k = 0;
    visit_fields(record, [&k](const char* /*name*/, auto& field) {
        using Field = std::remove_reference_t<decltype(field)>;
        if constexpr (std::is_floating_point_v<Field>) {
            field = money_fields<Record>()[k] ? stored_money(field) : stored_real(field);
        }
        ++k;
    });
    return record;
}

// Every table of records with the type of its rows, in the order of the file:
// take(name, RecordType<Record>{}).
template <class Record>
struct RecordType {};
template <class Take>
void visit_record_tables(const Take& take) {
    take("series", RecordType<BarRecord>{});
    take("liquidations", RecordType<LiquidationRecord>{});
    take("adl", RecordType<AdlRecord>{});
    take("fund", RecordType<FundRecord>{});
    take("funding", RecordType<FundingRecord>{});
    take("events", RecordType<EventRecord>{});
    take("state", RecordType<StateRecord>{});
    take("map", RecordType<MapRecord>{});
    take("reproduction", RecordType<ReproductionRecord>{});
    take("reproduction_coins", RecordType<CoinReproductionRecord>{});
    take("sentiment", RecordType<SentimentRecord>{});
    take("lending", RecordType<LendingRecord>{});
    take("health", RecordType<HealthRecord>{});
    take("chain_liquidations", RecordType<ChainLiquidationRecord>{});
    take("peg", RecordType<PegRecord>{});
    take("incident", RecordType<IncidentRecord>{});
    take("pools", RecordType<PoolRecord>{});
    take("issuer", RecordType<IssuerRecord>{});
}

struct StoredColumn {
    std::string name;
    std::string type;  // INTEGER, REAL, TEXT
    std::string unit;
    double scale = 1.0;  // value in `unit` = stored value * scale
};

template <class Record>
[[nodiscard]] std::vector<StoredColumn> columns_of() {
    std::vector<StoredColumn> columns;
    Record record;
    visit_fields(record, [&columns](const char* name, auto& field) {
        using Field = std::remove_reference_t<decltype(field)>;
        const std::string unit{unit_of_field(name)};
        if constexpr (std::is_floating_point_v<Field>) {
            if (is_money_field(name)) {
                columns.push_back({money_column(name), "INTEGER", unit, 1e-6});
            } else {
                columns.push_back({name, "REAL", unit, 1.0});
            }
        } else if constexpr (std::is_same_v<Field, const char*>) {
            columns.push_back({name, "TEXT", "", 1.0});
        } else {
            columns.push_back({name, "INTEGER", unit, 1.0});
        }
    });
    return columns;
}

}  // namespace margincall::inline record
