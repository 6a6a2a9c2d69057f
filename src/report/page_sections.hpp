// The sections of the pages, from web/src/model/page_sections.json: the one list that the program and the
// pages' script both read, so that neither can name or order them otherwise.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace margincall::inline report {

struct PageSection {
    std::string id, title;
    std::vector<std::string> tables;  // keys of the tables that stand in it
};

// Of the page "run", "compare" or "stress", in the order of reading.
[[nodiscard]] std::vector<PageSection> page_sections(std::string_view page);
// Id of the section that holds the table, which one must.
[[nodiscard]] std::string section_of_table(std::string_view page, std::string_view table);

}  // namespace margincall::inline report
