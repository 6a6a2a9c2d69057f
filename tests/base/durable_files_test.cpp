// What is kept is there whole or not at all.
#include "base/durable_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "base/files.hpp"
#include "temporary_folder.hpp"

namespace margincall {
namespace {

namespace fs = std::filesystem;

class DurableFiles : public ::testing::Test {
  protected:
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }
    testing::TemporaryFolder temporary_;
    const fs::path& folder_ = temporary_.path();
};

TEST_F(DurableFiles, AFileIsReplacedOrKept) {
    const fs::path file = folder_ / "a";
    EXPECT_EQ(put_file(file, "one", Existing::keep), 0);
    EXPECT_EQ(put_file(file, "two", Existing::keep), EEXIST);
    EXPECT_EQ(read_text(file), "one");
    EXPECT_EQ(put_file(file, "two", Existing::replace), 0);
    EXPECT_EQ(read_text(file), "two");
    EXPECT_EQ(entries(), 1U) << "nothing is left beside it";
}

TEST_F(DurableFiles, AFileOfTheUsualTemporaryNameIsSomebodyElses) {
    std::ofstream(folder_ / "a.partial") << "not ours";
    EXPECT_EQ(put_file(folder_ / "a", "ours", Existing::replace), 0);
    EXPECT_EQ(read_text(folder_ / "a.partial"), "not ours");
}

TEST_F(DurableFiles, ALinkStaysAndADeviceIsWrittenInto) {
    std::ofstream(folder_ / "real") << "old";
    fs::create_symlink("real", folder_ / "link");
    EXPECT_EQ(put_file(folder_ / "link", "new", Existing::replace), 0);
    EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
    EXPECT_EQ(read_text(folder_ / "real"), "new");
    fs::create_symlink("/dev/full", folder_ / "full");
    EXPECT_EQ(put_file(folder_ / "full", "text", Existing::replace), ENOSPC);
    EXPECT_TRUE(fs::is_character_file("/dev/full"));
    EXPECT_EQ(put_file("/dev/null", "text", Existing::replace), 0);
    EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(DurableFiles, WhatCannotBeWrittenLeavesNothing) {
    EXPECT_EQ(put_file(folder_ / "none" / "a", "text", Existing::replace), ENOENT);
    fs::create_directory(folder_ / "b");
    EXPECT_NE(put_file(folder_ / "b", "text", Existing::replace), 0);
    EXPECT_EQ(entries(), 1U);
}

TEST_F(DurableFiles, ANameThatIsTakenIsNotRenamedTo) {
    fs::create_directory(folder_ / "from");
    fs::create_directory(folder_ / "to");
    EXPECT_EQ(rename_to_new(folder_ / "from", folder_ / "to"), EEXIST);
    EXPECT_EQ(rename_to_new(folder_ / "from", folder_ / "free"), 0);
    EXPECT_FALSE(fs::exists(folder_ / "from"));
}

TEST_F(DurableFiles, APipeTakesMoreThanItHolds) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const std::string text(3'000'000, 'x');
    std::string got;
    std::thread reader([&] {
        char buffer[65536];
        for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
            got.append(buffer, static_cast<std::size_t>(n));
        }
    });
    EXPECT_EQ(write_all(ends[1], text), 0);
    close(ends[1]);
    reader.join();
    close(ends[0]);
    EXPECT_EQ(got, text);
}

TEST(Paths, ASlashAtTheEndIsNoName) {
    EXPECT_EQ(without_trailing_slash("new/"), "new");
    EXPECT_EQ(without_trailing_slash("new///"), "new");
    EXPECT_EQ(without_trailing_slash("new/."), "new");
    EXPECT_EQ(without_trailing_slash("a/new/./"), "a/new");
    EXPECT_EQ(without_trailing_slash("new"), "new");
    EXPECT_EQ(without_trailing_slash("/"), "/");
    EXPECT_EQ(without_trailing_slash("."), ".");
    EXPECT_EQ(folder_of("new"), ".");
    EXPECT_EQ(folder_of("a/new"), "a");
}

}  // namespace
}  // namespace margincall
