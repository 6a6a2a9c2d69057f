#include "cli/stress_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/csv_cell.hpp"
#include "base/json_text.hpp"
#include "base/name_list.hpp"

namespace margincall::inline cli {
namespace {

struct SourceField {
    const char* name;
    std::string InstrumentSource::*text;
};
constexpr std::array source_fields = {SourceField{"price", &InstrumentSource::price},
                                      SourceField{"steps", &InstrumentSource::steps},
                                      SourceField{"tiers", &InstrumentSource::tiers},
                                      SourceField{"depth", &InstrumentSource::depth}};
constexpr std::size_t sources_shown = 6;

}  // namespace

SourceRows source_rows(const MarketSources& sources) {
    SourceRows out;
    for (const SourceField& field : source_fields) {
        std::vector<std::pair<std::string, std::vector<std::string>>> groups;
        for (const InstrumentSource& source : sources.instruments) {
            const std::string& text = source.*field.text;
            auto at = std::ranges::find_if(groups,
                                           [&](const auto& group) { return group.first == text; });
            if (at == groups.end()) {
                at = groups.insert(at, {text, {}});
            }
            at->second.push_back(source.instrument);
        }
        if (groups.empty() || (groups.size() == 1 && groups.front().first == "market")) {
            continue;
        }
        for (const auto& [text, names] : groups) {
            out.emplace_back(fmt::format("{}, {}", field.name, text),
                             name_list(names, sources_shown));
        }
    }
    return out;
}

std::string source_lines(const MarketSources& sources) {
    std::string out;
    for (const InstrumentSource& source : sources.instruments) {
        nlohmann::ordered_json row{{"kind", "source"}, {"instrument", source.instrument}};
        for (const SourceField& field : source_fields) {
            row[field.name] = source.*field.text;
        }
        out += json_text(row) + "\n";
    }
    return out;
}

std::string sources_csv(const MarketSources& sources) {
    std::string out = "instrument";
    for (const SourceField& field : source_fields) {
        out += fmt::format(",{}", field.name);
    }
    out += "\n";
    for (const InstrumentSource& source : sources.instruments) {
        out += csv_cell(source.instrument);
        for (const SourceField& field : source_fields) {
            out += "," + csv_cell(source.*field.text);
        }
        out += "\n";
    }
    return out;
}

}  // namespace margincall::inline cli
