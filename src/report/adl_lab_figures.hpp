// The figures of the laboratory, named once for all its forms.
#pragma once

#include <array>
#include <string_view>

#include "waves/adl_lab.hpp"

namespace margincall::inline report {

enum class LabUnit : std::uint8_t { usd, share, count };
struct LabFigure {
    std::string_view key, label;
    LabUnit unit = LabUnit::usd;
    double (*of)(const waves::WaveFigures&) = nullptr;
};
// Of a wave, and of all together.
inline constexpr std::array<LabFigure, 10> lab_figures{{
    {"needed_usd", "needed", LabUnit::usd, [](const waves::WaveFigures& f) { return f.needed; }},
    {"taken_usd", "taken", LabUnit::usd, [](const waves::WaveFigures& f) { return f.taken; }},
    {"overshoot_usd",
     "overshoot",
     LabUnit::usd,
     [](const waves::WaveFigures& f) { return f.overshoot(); }},
    {"missing_usd", "missing", LabUnit::usd, [](const waves::WaveFigures& f) { return f.missing; }},
    {"closed_usd", "closed", LabUnit::usd, [](const waves::WaveFigures& f) { return f.closed; }},
    {"accounts",
     "accounts hit",
     LabUnit::count,
     [](const waves::WaveFigures& f) { return static_cast<double>(f.accounts); }},
    {"hardest_usd",
     "hardest hit",
     LabUnit::usd,
     [](const waves::WaveFigures& f) { return f.hardest; }},
    {"hardest_share",
     "of equity",
     LabUnit::share,
     [](const waves::WaveFigures& f) { return f.hardest_share; }},
    {"profit_lost_usd",
     "profit lost",
     LabUnit::usd,
     [](const waves::WaveFigures& f) { return f.profit_lost; }},
    {"capital_lost_usd",
     "capital lost",
     LabUnit::usd,
     [](const waves::WaveFigures& f) { return f.capital_lost; }},
}};

// Of all waves together only.
struct LabTotal {
    std::string_view key, label;
    LabUnit unit = LabUnit::count;
    double (*of)(const waves::WaveTally&) = nullptr;
};
inline constexpr std::array<LabTotal, 3> lab_totals{{
    {"repeated",
     "hit again",
     LabUnit::count,
     [](const waves::WaveTally& t) { return static_cast<double>(t.repeated); }},
    {"most_waves",
     "most waves",
     LabUnit::count,
     [](const waves::WaveTally& t) { return static_cast<double>(t.most_waves); }},
    {"tenth_share",
     "by a tenth",
     LabUnit::share,
     [](const waves::WaveTally& t) { return t.tenth_share; }},
}};

}  // namespace margincall::inline report
