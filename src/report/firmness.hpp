// Whether every variation of a stress ends as the stress itself did, in one sentence.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

namespace margincall::inline report {

// A kind of outcome that is there or not.
template <class Outcome>
struct Turn {
    const char* when_not;
    const char* when;
    bool (*happened)(const Outcome&);
};

// Which kinds of outcome another one does not share with it.
template <class Outcome>
std::vector<std::string> unlike(const Outcome& today, const Outcome& other, const auto& turns) {
    std::vector<std::string> what;
    for (const Turn<Outcome>& turn : turns) {
        if (turn.happened(other) != turn.happened(today)) {
            what.emplace_back(turn.happened(other) ? turn.when : turn.when_not);
        }
    }
    return what;
}

// `varied`: rows of a name and an outcome.
template <class Outcome>
std::string firmness(const Outcome& today, const auto& varied, const auto& turns) {
    std::vector<std::string> others;
    std::vector<std::string> names;
    for (const auto& other : varied) {
        names.push_back(other.name);
        const std::vector<std::string> what = unlike(today, other.outcome, turns);
        if (!what.empty()) {
            others.push_back(fmt::format("{}: {}", other.name, fmt::join(what, ", ")));
        }
    }
    return others.empty()
               ? fmt::format("Firm: the same kinds of outcome with {}.", fmt::join(names, ", "))
               : fmt::format("Not firm: {}.", fmt::join(others, "; "));
}

}  // namespace margincall::inline report
