#include "record/stored_fields.hpp"

namespace margincall::inline record {

std::string_view unit_of_field(std::string_view field) {
    if (field.ends_with("_usd")) {
        return "USD";
    }
    if (field.ends_with("_ns")) {
        return "ns since the start";
    }
    if (field.ends_with("_bps")) {
        return "bps";
    }
    if (field.ends_with("_h")) {
        return "hours";
    }
    if (field.ends_with("_lots")) {
        return "lots";
    }
    if (field == "qty" || field.ends_with("_coins")) {
        return "coins";
    }
    if (field.ends_with("rate") || field == "premium") {
        return "fraction per interval";
    }
    if (field.starts_with("bid_") || field.starts_with("ask_")) {
        return "USD";
    }
    if (field == "open" || field == "high" || field == "low" || field == "close" ||
        field == "mark" || field == "idx" || field == "bid" || field == "ask" ||
        field == "fair_value" || field.find("price") != std::string_view::npos) {
        return "USD per coin";
    }
    if (field.ends_with("_apr")) {
        return "fraction per year";
    }
    if (field == "volatility") {
        return "per day, log returns";
    }
    if (field == "fall") {
        return "fraction";
    }
    if (field.starts_with("reproduction")) {
        return "ratio";
    }
    if (field == "leverage") {
        return "times";
    }
    return "";
}

std::string money_column(std::string_view field) {
    return std::string{field} + (field.ends_with("_usd") ? "_micro" : "_usd_micro");
}

}  // namespace margincall::inline record
