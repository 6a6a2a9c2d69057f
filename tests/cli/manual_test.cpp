// The manual page and the completions say what --help says, and exit codes are those of the documentation.
#include "cli/manual.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/program.hpp"

namespace margincall {
namespace {

using testing::margincall_says;
using testing::read;
using testing::Said;

// The first words of the lines below HEAD, up to the next head.
std::vector<std::string> listed(const std::string& help, const std::string& head) {
    std::istringstream lines(help);
    std::vector<std::string> words;
    bool inside = false;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(' ')) {
            inside = line == head;
        } else if (inside && line.size() > 2 && line[2] != ' ') {
            words.push_back(line.substr(2, line.find(' ', 2) - 2));
        }
    }
    return words;
}

std::string without(std::string text, const std::string& dropped) {
    for (std::size_t at = text.find(dropped); at != std::string::npos; at = text.find(dropped)) {
        text.erase(at, dropped.size());
    }
    return text;
}

TEST(Manual, HasEveryCommandAndOptionOfTheHelp) {
    const std::string page = without(margincall_says({"manual"}).out, "\\");
    const std::string bash = margincall_says({"manual", "bash"}).out;
    const std::string zsh = margincall_says({"manual", "zsh"}).out;
    const std::string fish = margincall_says({"manual", "fish"}).out;

    const std::vector<std::string> commands =
        listed(margincall_says({"--help"}).out, "Subcommands:");
    ASSERT_GE(commands.size(), 15u);
    std::size_t options = 0;
    for (const std::string& command : commands) {
        EXPECT_NE(page.find(".SS margincall " + command), std::string::npos) << command;
        EXPECT_NE(fish.find(" -a " + command + " "), std::string::npos) << command;
        EXPECT_NE(zsh.find("        '" + command + ":"), std::string::npos) << command;
        EXPECT_NE(bash.find("        \"" + command + "\")"), std::string::npos) << command;
        for (const std::string& names :
             listed(margincall_says({command, "--help"}).out, "Options:")) {
            const std::size_t at = names.find("--");
            if (at == std::string::npos) {
                continue;
            }
            const std::string name = names.substr(at, names.find(',', at) - at);
            ++options;
            EXPECT_NE(page.find("fB" + name + "fR"), std::string::npos) << name;
            EXPECT_NE(bash.find(name), std::string::npos) << name;
            EXPECT_NE(zsh.find("'*" + name + "["), std::string::npos) << name;
            EXPECT_NE(fish.find(" -l " + name.substr(2) + " "), std::string::npos) << name;
        }
    }
    EXPECT_GE(options, 80u);
    // What is not there yet is not offered.
    for (const std::string* const text : {&page, &bash, &zsh, &fish}) {
        EXPECT_EQ(text->find("not available yet"), std::string::npos);
    }
    EXPECT_NE(page.find(".SS margincall sweep status"), std::string::npos);
    EXPECT_NE(page.find("MARGINCALL_SEED"), std::string::npos);
}

TEST(Manual, TheDocumentationListsEveryCommand) {
    const std::string page = read(MC_SOURCE_DIR "/docs/command-line.md");
    const std::vector<std::string> commands =
        listed(margincall_says({"--help"}).out, "Subcommands:");
    EXPECT_GE(commands.size(), 28U);
    for (const std::string& command : commands) {
        EXPECT_NE(page.find("\nmargincall " + command + " "), std::string::npos) << command;
    }
}

TEST(Manual, ExitCodesAreThoseOfTheDocumentation) {
    const std::string table = read(MC_SOURCE_DIR "/docs/command-line.md");
    const std::string page = margincall_says({"manual", "page"}).out;

    std::set<std::string> documented;
    std::istringstream rows(table.substr(table.find("## Exit codes")));
    for (std::string row; std::getline(rows, row);) {
        if (row.size() > 2 && row.starts_with("| ") && std::isdigit(row[2]) != 0) {
            documented.insert(row.substr(2, row.find(' ', 2) - 2));
        }
    }
    std::set<std::string> printed;
    std::istringstream lines(page.substr(page.find(".SH EXIT STATUS")));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("\\fB")) {
            printed.insert(line.substr(3, line.find('\\', 3) - 3));
        }
    }
    ASSERT_FALSE(documented.empty());
    EXPECT_EQ(printed, documented);
}

TEST(Manual, AnUnknownFormIsRefused) {
    EXPECT_EQ(margincall_says({"manual", "csh"}).code, 2);
    EXPECT_EQ(margincall_says({"manual", "bash", "zsh"}).code, 2);
}

}  // namespace
}  // namespace margincall
