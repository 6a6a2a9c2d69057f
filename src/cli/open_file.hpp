// Files that close themselves: of the C library, and descriptors.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <memory>

namespace margincall::inline cli {

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, CloseFile>;

class OpenDescriptor {
  public:
    explicit OpenDescriptor(int number) : number_(number) {}
    OpenDescriptor(const OpenDescriptor&) = delete;
    OpenDescriptor& operator=(const OpenDescriptor&) = delete;
    OpenDescriptor(OpenDescriptor&&) = delete;
    OpenDescriptor& operator=(OpenDescriptor&&) = delete;
    ~OpenDescriptor() {
        if (number_ >= 0) {
            close(number_);
        }
    }
    [[nodiscard]] int number() const { return number_; }  // below 0 = not open

  private:
    int number_;
};

}  // namespace margincall::inline cli
