#include "lab/prevention.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <tuple>

#include "base/check.hpp"

namespace margincall::inline lab {
namespace {

// A share that is a whole number of worlds is not missed by the last bit of a double.
constexpr double slack = 1e-9;
constexpr std::array<std::string_view, 2> quiet_metrics = {"volume_usd", "spread_mean_bps"};

KeptShare tally(std::span<const PathRow* const> worlds,
                const std::function<std::optional<bool>(const PathRow&)>& kept) {
    KeptShare out;
    out.worlds = worlds.size();
    for (const PathRow* const world : worlds) {
        const std::optional<bool> known = world == nullptr ? std::nullopt : kept(*world);
        out.unknown += known ? 0U : 1U;
        out.kept += known.value_or(false) ? 1U : 0U;
    }
    return out;
}

std::optional<bool> keeps_one(const Limit& limit, const PathRow& world) {
    const std::optional<double> figure = world.summary.metric(limit.figure).value;
    return figure ? std::optional{holds(limit, *figure)} : std::nullopt;
}

}  // namespace

Policy policy_of(std::span<const Lever> levers, const Setting& setting) {
    Policy out;
    for (const std::size_t row : setting.levers) {
        const Lever& lever = levers[row];
        const Policy one = lever.knob ? policy_at(*lever.knob, setting.step) : lever.policy;
        const auto join = [](std::string& to, const std::string& more, const char* between) {
            to += (to.empty() || more.empty() ? "" : between) + more;
        };
        join(out.name, one.name, "+");
        join(out.label, one.label, "; ");
        join(out.group, one.group, "+");
        join(out.about, one.about, "; ");
        join(out.assumes, one.assumes, "; ");
        out.set.insert(out.set.end(), one.set.begin(), one.set.end());
    }
    return out;
}

double change_size(std::span<const Lever> levers, const Setting& setting) {
    double out = 0.0;
    for (const std::size_t row : setting.levers) {
        const Lever& lever = levers[row];
        // By step and not by the rounded value, so that equal steps of equal scales are equal.
        out += lever.knob ? std::abs(std::log2(lever.knob->most / lever.knob->today)) *
                                setting.step / knob_steps
                          : 1.0;
    }
    return out;
}

KeptLimits kept_limits(std::span<const Limit> limits, std::span<const PathRow* const> worlds) {
    KeptLimits out;
    for (const Limit& limit : limits) {
        out.limits.push_back(
            tally(worlds, [&](const PathRow& world) { return keeps_one(limit, world); }));
    }
    out.all = tally(worlds, [&](const PathRow& world) -> std::optional<bool> {
        bool all = true;
        for (const Limit& limit : limits) {
            const std::optional<bool> one = keeps_one(limit, world);
            if (!one) {
                return std::nullopt;
            }
            all = all && *one;
        }
        return all;
    });
    return out;
}

bool keeps(const KeptShare& kept, double share) {
    return kept.worlds > 0 && kept.share() >= share - slack;
}

SettingSearch::SettingSearch(std::vector<Lever> levers,
                             std::vector<std::pair<std::string, std::string>> pairs,
                             double share)
    : levers_(std::move(levers)), pairs_(std::move(pairs)), share_(share) {
    for (std::size_t row = 0; row < levers_.size(); ++row) {
        lines_.push_back(line_of({row}));
    }
}

SettingSearch::Line SettingSearch::line_of(std::vector<std::size_t> levers) const {
    Line out;
    out.scaled =
        std::ranges::any_of(levers, [&](std::size_t row) { return levers_[row].knob.has_value(); });
    out.levers = std::move(levers);
    return out;
}

void SettingSearch::begin_pairs() {
    pairs_begun_ = true;
    lines_.clear();
    for (std::size_t first = 0; first < levers_.size(); ++first) {
        for (std::size_t second = first + 1; second < levers_.size(); ++second) {
            const std::string& a = levers_[first].policy.group;
            const std::string& b = levers_[second].policy.group;
            if (std::ranges::any_of(pairs_, [&](const auto& pair) {
                    return (pair.first == a && pair.second == b) ||
                           (pair.first == b && pair.second == a);
                })) {
                lines_.push_back(line_of({first, second}));
            }
        }
    }
}

std::vector<Setting> SettingSearch::next() {
    CHECK(asked_.empty());  // every round is answered
    std::vector<Setting> out;
    const auto ask = [&] {
        for (std::size_t row = 0; row < lines_.size(); ++row) {
            Line& line = lines_[row];
            if (!line.asked) {
                line.asked = true;
                asked_.emplace_back(row, knob_steps);
            } else if (line.scaled && line.at && *line.at - line.below > 1) {
                asked_.emplace_back(row, (*line.at + line.below) / 2);
            }
        }
        for (const auto& [row, step] : asked_) {
            out.push_back({lines_[row].levers, step});
        }
    };
    ask();
    const bool found = std::ranges::any_of(tried_, &TriedSetting::holds);
    if (out.empty() && !found && !pairs_begun_) {
        begin_pairs();
        ask();
    }
    round_ += out.empty() ? 0 : 1;
    return out;
}

void SettingSearch::take(std::span<const KeptLimits> answers) {
    CHECK(answers.size() == asked_.size());
    for (std::size_t k = 0; k < answers.size(); ++k) {
        const auto& [row, step] = asked_[k];
        Line& line = lines_[row];
        TriedSetting tried;
        tried.setting = {line.levers, step};
        tried.round = round_;
        tried.size = change_size(levers_, tried.setting);
        tried.kept = answers[k];
        tried.holds = keeps(tried.kept.all, share_);
        if (tried.holds) {
            line.at = step;
        } else {
            line.below = step;
        }
        tried_.push_back(std::move(tried));
    }
    asked_.clear();
}

QuietCost quiet_cost(std::span<const PolicyTable> quiet_days, std::size_t policy) {
    double sum = 0.0;
    std::size_t known = 0;
    for (const PolicyTable& day : quiet_days) {
        bool told = false;
        for (std::size_t f = 0; f < policy_figures().size(); ++f) {
            const PolicyFigure& figure = policy_figures()[f];
            if (std::ranges::find(quiet_metrics, figure.metric) == quiet_metrics.end()) {
                continue;
            }
            const PolicyChange& change = day.policies[policy].changes[f];
            told = told || change.effect != Effect::unknown;
            if (change.effect == Effect::harms) {
                sum += std::max(0.0, -relative_gain(figure, change).value_or(0.0));
            }
        }
        known += told ? 1U : 0U;
    }
    return known == 0 ? std::nullopt : QuietCost{sum / static_cast<double>(known)};
}

std::vector<std::size_t> cheapest_first(std::span<const TriedSetting> tried,
                                        std::span<const QuietCost> costs) {
    CHECK(costs.empty() || costs.size() == tried.size());
    std::vector<std::size_t> out;
    for (std::size_t row = 0; row < tried.size(); ++row) {
        if (tried[row].holds) {
            out.push_back(row);
        }
    }
    const auto price = [&](std::size_t row) {
        const QuietCost cost = costs.empty() ? std::nullopt : costs[row];
        return std::tuple{tried[row].setting.levers.size(),
                          tried[row].size,
                          cost.value_or(std::numeric_limits<double>::infinity()),
                          row};
    };
    std::ranges::sort(out, {}, price);
    return out;
}

Freshness freshness(const KeptShare& fresh, double share) {
    return !keeps(fresh, share)                    ? Freshness::failed
           : fresh.interval().low >= share - slack ? Freshness::confirmed
                                                   : Freshness::likely;
}

std::string_view freshness_word(Freshness freshness) {
    switch (freshness) {
        case Freshness::confirmed:
            return "confirmed";
        case Freshness::likely:
            return "kept, not certain";
        case Freshness::failed:
            return "fails on fresh seeds";
    }
    return "";
}

}  // namespace margincall::inline lab
