// The program from outside: arguments in, exit code and what it printed out.
#pragma once

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/command_line.hpp"

namespace margincall::testing {

struct Said {
    int code = 0;
    std::string out, err;
};

inline std::string drain(std::FILE* file) {
    std::rewind(file);
    std::string text;
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
        text.append(buffer, n);
    }
    std::fclose(file);
    return text;
}

inline Said margincall_says(const std::vector<std::string>& arguments) {
    Said outcome;
    std::FILE* const out = std::tmpfile();
    std::FILE* const err = std::tmpfile();
    outcome.code = static_cast<int>(run_command_line(arguments, {out, err}));
    outcome.out = drain(out);
    outcome.err = drain(err);
    return outcome;
}

inline std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace margincall::testing
