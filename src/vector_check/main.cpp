// vector_check DIR...: evaluates worked examples of real venues and protocols through the
// simulator's own code. Prints each failure and each skip, closes with one line of counts; exit 1
// if any failed, 2 on a wrong command line, 4 when a file cannot be read.
#include <fmt/core.h>

#include "base/text.hpp"
#include "scenario/error_text.hpp"
#include "vector_check/vector_file.hpp"

int main(int argc, char** argv) {
    using margincall::VectorOutcome;
    if (argc < 2) {
        fmt::print(stderr, "usage: vector_check DIR|FILE...\n");
        return 2;
    }
    int passed = 0;
    int failed = 0;
    int skipped = 0;
    for (int i = 1; i < argc; ++i) {
        const auto files = margincall::read_vectors(argv[i]);
        if (!files) {
            fmt::print(stderr, "{}", margincall::error_text(files.error()));
            return 4;
        }
        for (const margincall::VectorFile& file : *files) {
            for (const margincall::VectorResult& r : margincall::evaluate_vectors(file)) {
                switch (r.outcome) {
                    case VectorOutcome::passed:
                        ++passed;
                        break;
                    case VectorOutcome::failed:
                        ++failed;
                        fmt::print("FAILED {} {}\n    {}\n",
                                   margincall::shown(file.path.filename().string()),
                                   margincall::shown(r.id),
                                   r.detail);
                        break;
                    case VectorOutcome::skipped:
                        ++skipped;
                        fmt::print("skipped {} {}: {}\n",
                                   margincall::shown(file.path.filename().string()),
                                   margincall::shown(r.id),
                                   r.detail);
                        break;
                }
            }
        }
    }
    fmt::print("{} passed, {} failed, {} skipped\n", passed, failed, skipped);
    return failed > 0 ? 1 : 0;
}
