#include "base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

namespace margincall {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
  protected:
    Files() {
        std::string name = (fs::temp_directory_path() / "mc-files-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~Files() override {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    std::string write(const char* name, const std::string& text) {
        std::ofstream{folder_ / name, std::ios::binary} << text;
        return (folder_ / name).string();
    }
    fs::path folder_;
};

TEST_F(Files, AreReadAsTheyAreUpToTheLimit) {
    const std::string bytes{"a\0b\r\n\xff", 6};
    const std::string path = write("six", bytes);

    EXPECT_EQ(read_input(path, 6).value(), bytes);
    EXPECT_EQ(read_input(path, 5).error().code, "E103");
    EXPECT_EQ(read_input(write("empty", ""), 0).value(), "");
    EXPECT_EQ(read_input(write("long", std::string(300'000, 'x')), 1U << 20U).value().size(),
              300'000U);
}

// The size that the system tells of such a file is 0.
TEST_F(Files, OfUnknownSizeAreReadToTheirEnd) {
    EXPECT_FALSE(read_input("/proc/self/maps", 1U << 20U).value().empty());
    EXPECT_EQ(read_input("/proc/self/maps", 10).error().code, "E103");
}

TEST_F(Files, ThatAreNoneAreRefusedAtOnce) {
    const std::string pipe = (folder_ / "pipe").string();
    ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    const std::string line = (folder_ / "socket").string();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(line.size(), sizeof address.sun_path);
    line.copy(address.sun_path, line.size());
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    struct Row {
        std::string path;
        const char* message;
    };
    for (const Row& row : {Row{folder_.string(), "is a folder, not a file"},
                           Row{pipe, "is a pipe, not a file"},
                           Row{line, "is a socket, not a file"},
                           Row{"/dev/zero", "is a device, not a file"},
                           Row{(folder_ / "absent").string(), "does not exist"}}) {
        const auto got = read_input(row.path, 1000);
        ASSERT_FALSE(got.has_value()) << row.path;
        EXPECT_EQ(got.error().code, "E102") << row.path;
        EXPECT_EQ(got.error().message, row.message);
        EXPECT_EQ(got.error().file, row.path);
    }
    close(listener);
}

TEST_F(Files, StandardInputIsReadForADash) {
    const int before = dup(STDIN_FILENO);
    const int in = open(write("given", "from a pipe").c_str(), O_RDONLY);
    ASSERT_EQ(dup2(in, STDIN_FILENO), STDIN_FILENO);

    const auto got = read_input("-", 100);

    dup2(before, STDIN_FILENO);
    close(before);
    close(in);
    EXPECT_EQ(got.value(), "from a pipe");
}

}  // namespace
}  // namespace margincall
