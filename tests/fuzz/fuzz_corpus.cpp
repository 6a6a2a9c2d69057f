// fuzz_corpus TARGET|all CORPUS [SECONDS] [SEED]: gives a target every file of its corpus, then mutations of
// them for so many seconds of its own clock. Without coverage to guide it, so it finds less than
// tools/fuzz.sh; it needs no other compiler and runs in the checks, under the sanitizers. The input that
// runs is kept in fuzz-TARGET.input, so that what ends the program is there afterwards.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz_targets.hpp"

namespace {

namespace fs = std::filesystem;
using margincall::testing::FuzzTarget;
using Random = std::mt19937_64;

constexpr std::size_t most_bytes = 8192;

std::string bytes_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> corpus_of(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) {
        files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<std::string> out;
    for (const fs::path& file : files) {
        out.push_back(bytes_of(file));
    }
    return out;
}

std::size_t below(Random& random, std::size_t end) {
    return end == 0 ? 0 : static_cast<std::size_t>(random() % end);
}

// Words that readers of numbers, text and tables stumble over.
constexpr const char* words[] = {
    "-",    "0",    "nan",   "inf", "1e999", "-1",   "9223372036854775808",
    "0.0",  "\"",   "\"\"",  ",",   ";",     "\t",   "\r\n",
    "\xff", "\xc3", "\x1b[", "=",   "[[",    "]]",   "{",
    "}",    "1,5",  "%",     " bn", "null",  "true", "\xef\xbb\xbf"};

void mutate(std::string& text, const std::vector<std::string>& corpus, Random& random) {
    for (std::size_t n = below(random, 6) + 1; n > 0; --n) {
        const std::size_t at = below(random, text.size() + 1);
        switch (below(random, 7)) {
            case 0:
                text.insert(at, words[below(random, std::size(words))]);
                break;
            case 1:
                text.erase(at, below(random, 12) + 1);
                break;
            case 2:
                if (at < text.size()) {
                    text[at] = static_cast<char>(random());
                }
                break;
            case 3:
                if (at < text.size()) {
                    text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
                }
                break;
            case 4: {  // a piece of another input
                const std::string& other = corpus[below(random, corpus.size())];
                const std::size_t from = below(random, other.size() + 1);
                text.insert(at, other.substr(from, below(random, 64)));
                break;
            }
            case 5:  // twice
                text.insert(at, text.substr(at, below(random, 64)));
                break;
            default: {  // another digit
                const std::size_t digit = text.find_first_of("0123456789", at);
                if (digit != std::string::npos) {
                    text[digit] = static_cast<char>('0' + below(random, 10));
                }
            }
        }
    }
    text.resize(std::min(text.size(), most_bytes));
}

void fuzz(const FuzzTarget& target, const fs::path& root, double seconds, std::uint64_t seed) {
    const std::vector<std::string> corpus = corpus_of(root / target.name);
    const fs::path kept = fs::current_path() / fmt::format("fuzz-{}.input", target.name);
    std::size_t runs = 0;
    const auto give = [&](const std::string& bytes) {
        std::ofstream(kept, std::ios::binary).write(bytes.data(), std::ssize(bytes));
        target.run(bytes);
        ++runs;
    };
    for (const std::string& bytes : corpus) {
        give(bytes);
    }
    Random random(seed);
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!corpus.empty() && std::chrono::steady_clock::now() < until) {
        std::string text = corpus[below(random, corpus.size())];
        mutate(text, corpus, random);
        give(text);
    }
    fs::remove(kept);
    fmt::print(
        "{}: {} inputs, {} of them the corpus, seed {}\n", target.name, runs, corpus.size(), seed);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: fuzz_corpus TARGET|all CORPUS [SECONDS] [SEED]\n");
        return 2;
    }
    const std::string_view name = argv[1];
    const double seconds = argc > 3 ? std::strtod(argv[3], nullptr) : 0.0;
    const std::uint64_t seed = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 1;
    bool any = false;
    for (const FuzzTarget& target : margincall::testing::fuzz_targets()) {
        if (name == "all" || name == target.name) {
            fuzz(target, argv[2], seconds, seed);
            any = true;
        }
    }
    if (!any) {
        fmt::print(stderr, "fuzz_corpus: there is no target \"{}\"\n", name);
        return 2;
    }
    return 0;
}
