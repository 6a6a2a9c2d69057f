// A file of the C library that closes itself.
#pragma once

#include <cstdio>
#include <memory>

namespace margincall::inline cli {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

}  // namespace margincall::inline cli
