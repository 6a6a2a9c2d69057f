#include "report/page_sections.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/check.hpp"
#include "report/page_template.hpp"

namespace margincall::inline report {

std::vector<PageSection> page_sections(std::string_view page) {
    const auto all = nlohmann::ordered_json::parse(page_sections_json());
    std::vector<PageSection> out;
    for (const auto& [id, section] : all.at(std::string{page}).items()) {
        PageSection one{id, section.at("title").get<std::string>(), {}};
        if (section.contains("tables")) {
            one.tables = section.at("tables").get<std::vector<std::string>>();
        }
        out.push_back(std::move(one));
    }
    return out;
}

std::string section_of_table(std::string_view page, std::string_view table) {
    const std::vector<PageSection> sections = page_sections(page);
    const auto found = std::ranges::find_if(sections, [&](const PageSection& section) {
        return std::ranges::find(section.tables, table) != section.tables.end();
    });
    CHECK(found != sections.end());  // page_sections.json names every table
    return found->id;
}

}  // namespace margincall::inline report
