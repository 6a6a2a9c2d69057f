#include "frame/arrow_export.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

namespace margincall {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::shared_ptr<const Table> five_kinds() {
    const std::array<std::string, 3> texts = {"one", "", "three"};
    std::vector<Column> columns;
    columns.push_back(int_column({"n", "count", "how many"}, {1, 2, 3}, {true, false, true}));
    columns.push_back(real_column({"x_usd", "USD", "money"}, {1.5, unknown, -0.25}));
    columns.push_back(bool_column({"flag"}, {true, false, true}));
    columns.push_back(text_column({"text"}, texts));
    columns.push_back(
        word_column({"side"}, std::array<std::string_view, 3>{"long", "short", "long"}));
    columns.push_back(time_column({"time", "UTC"}, {0, 1'000'000'000, 2'000'000'000}));
    return std::make_shared<const Table>("five", std::move(columns));
}

bool bit(const void* bits, std::size_t row) {
    const unsigned byte = static_cast<const std::uint8_t*>(bits)[row / 8];
    return (byte >> (row % 8) & 1U) != 0;
}

// Key and value pairs as the specification lays them out.
std::string metadata_text(const char* raw) {
    const auto number = [&raw] {
        std::int32_t out = 0;
        std::memcpy(&out, raw, sizeof out);
        raw += sizeof out;
        return out;
    };
    std::string out;
    for (std::int32_t pairs = number(); pairs > 0; --pairs) {
        for (const char* const separator : {"=", ";"}) {
            const std::int32_t length = number();
            out.append(raw, static_cast<std::size_t>(length));
            raw += length;
            out += separator;
        }
    }
    return out;
}

TEST(ArrowExport, SchemaSaysTypesUnitsAndMeanings) {
    ArrowSchema schema{};
    export_schema(*five_kinds(), &schema);
    EXPECT_STREQ(schema.format, "+s");
    ASSERT_EQ(schema.n_children, 6);
    const std::array<std::pair<const char*, const char*>, 6> wanted = {{{"n", "l"},
                                                                        {"x_usd", "g"},
                                                                        {"flag", "b"},
                                                                        {"text", "u"},
                                                                        {"side", "i"},
                                                                        {"time", "tsn:UTC"}}};
    for (std::size_t k = 0; k < wanted.size(); ++k) {
        EXPECT_STREQ(schema.children[k]->name, wanted[k].first);
        EXPECT_STREQ(schema.children[k]->format, wanted[k].second);
        EXPECT_EQ(schema.children[k]->flags, ARROW_FLAG_NULLABLE);
        EXPECT_EQ(schema.children[k]->dictionary != nullptr, k == 4);
    }
    EXPECT_STREQ(schema.children[4]->dictionary->format, "u");
    EXPECT_EQ(metadata_text(schema.children[0]->metadata), "unit=count;meaning=how many;");
    EXPECT_EQ(metadata_text(schema.children[5]->metadata), "unit=UTC;");
    EXPECT_EQ(schema.children[2]->metadata, nullptr);
    schema.release(&schema);
    EXPECT_EQ(schema.release, nullptr);
}

TEST(ArrowExport, ArrayPointsIntoTheTable) {
    const std::shared_ptr<const Table> table = five_kinds();
    ArrowArray array{};
    export_array(table, &array);
    EXPECT_EQ(array.length, 3);
    EXPECT_EQ(array.null_count, 0);
    ASSERT_EQ(array.n_buffers, 1);
    EXPECT_EQ(array.buffers[0], nullptr);
    ASSERT_EQ(array.n_children, 6);
    for (std::size_t k = 0; k < 6; ++k) {
        const Column& column = table->columns()[k];
        const ArrowArray& child = *array.children[k];
        EXPECT_EQ(child.length, 3);
        EXPECT_EQ(child.offset, 0);
        EXPECT_EQ(child.n_buffers, column.type == ColumnType::text ? 3 : 2);
        EXPECT_EQ(child.buffers[0], column.known);
        EXPECT_EQ(child.buffers[1], column.values) << column.about.name;
        EXPECT_EQ(child.null_count, column.unknown);
    }
    const ArrowArray& n = *array.children[0];
    EXPECT_EQ(n.null_count, 1);
    EXPECT_TRUE(bit(n.buffers[0], 0) && !bit(n.buffers[0], 1) && bit(n.buffers[0], 2));
    EXPECT_EQ(array.children[1]->null_count, 1);  // NaN is not known
    EXPECT_EQ(array.children[3]->buffers[2], table->columns()[3].bytes);
    const ArrowArray& words = *array.children[4]->dictionary;
    EXPECT_EQ(words.length, 2);
    EXPECT_EQ(words.buffers[1], table->columns()[4].words->values);
    array.release(&array);
    EXPECT_EQ(array.release, nullptr);
}

// Who holds the memory, counted by the table's use count.
TEST(ArrowExport, MemoryLivesAsLongAsWhatPointsIntoIt) {
    std::shared_ptr<const Table> table = five_kinds();
    const std::weak_ptr<const Table> watched = table;
    const std::weak_ptr<const void> column = table->columns()[1].owner;
    ArrowArray array{};
    export_array(table, &array);
    table.reset();
    EXPECT_FALSE(watched.expired());
    // A consumer may move a child out and let the parent go.
    ArrowArray child = *array.children[1];
    array.children[1]->release = nullptr;
    array.release(&array);
    EXPECT_TRUE(watched.expired());
    EXPECT_FALSE(column.expired());
    EXPECT_EQ(static_cast<const double*>(child.buffers[1])[2], -0.25);
    child.release(&child);
    EXPECT_TRUE(column.expired());
}

int released_children = 0;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
void (*real_release)(ArrowArray*) =
    nullptr;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
void counting_release(ArrowArray* array) {
    ++released_children;
    array->release = real_release;
    real_release(array);
}

TEST(ArrowExport, ReleasesEachChildExactlyOnce) {
    ArrowArray array{};
    export_array(five_kinds(), &array);
    released_children = 0;
    real_release = array.children[0]->release;
    for (std::int64_t k = 0; k < array.n_children; ++k) {
        array.children[k]->release = counting_release;
    }
    array.children[4]->dictionary->release = counting_release;
    array.release(&array);
    EXPECT_EQ(released_children, 7);
    EXPECT_EQ(array.release, nullptr);
}

TEST(ArrowExport, StreamGivesOneArrayAndEnds) {
    std::shared_ptr<const Table> table = five_kinds();
    const std::weak_ptr<const Table> watched = table;
    ArrowArrayStream stream{};
    export_stream(table, &stream);
    table.reset();
    ArrowSchema schema{};
    ASSERT_EQ(stream.get_schema(&stream, &schema), 0);
    EXPECT_EQ(schema.n_children, 6);
    schema.release(&schema);
    ArrowArray array{};
    ASSERT_EQ(stream.get_next(&stream, &array), 0);
    ASSERT_NE(array.release, nullptr);
    EXPECT_EQ(array.length, 3);
    ArrowArray end{};
    ASSERT_EQ(stream.get_next(&stream, &end), 0);
    EXPECT_EQ(end.release, nullptr);
    EXPECT_EQ(stream.get_last_error(&stream), nullptr);
    stream.release(&stream);
    EXPECT_EQ(stream.release, nullptr);
    EXPECT_FALSE(watched.expired());  // the array outlives the stream
    array.release(&array);
    EXPECT_TRUE(watched.expired());
}

TEST(ArrowExport, EmptyTablesHaveAddressesAndNoRows) {
    std::vector<Column> columns;
    columns.push_back(int_column({"n"}, {}));
    columns.push_back(real_column({"x"}, {}));
    columns.push_back(bool_column({"flag"}, {}));
    columns.push_back(text_column({"text"}, {}));
    columns.push_back(word_column({"word"}, std::span<const std::string_view>{}));
    ArrowArray array{};
    export_array(std::make_shared<const Table>("none", std::move(columns)), &array);
    EXPECT_EQ(array.length, 0);
    for (std::int64_t k = 0; k < array.n_children; ++k) {
        EXPECT_NE(array.children[k]->buffers[1], nullptr);
    }
    EXPECT_EQ(static_cast<const std::int32_t*>(array.children[3]->buffers[1])[0], 0);
    array.release(&array);
}

}  // namespace
}  // namespace margincall
