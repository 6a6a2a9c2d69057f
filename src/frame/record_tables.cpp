#include "frame/record_tables.hpp"

#include <array>
#include <limits>
#include <type_traits>
#include <utility>

#include "record/column_meanings.hpp"
#include "record/stored_fields.hpp"
#include "sim/liquidation_map.hpp"

namespace margincall::inline frame {
namespace {

// The values of every field, field by field; of each field one of the three is filled.
struct FieldValues {
    std::vector<double> reals;
    std::vector<std::int64_t> integers;
    std::vector<std::string_view> texts;
};

template <class Record>
std::vector<FieldValues> values_of(std::span<const Record> rows) {
    std::size_t fields = 0;
    Record empty;
    visit_fields(empty, [&fields](const char*, auto&) { ++fields; });
    std::vector<FieldValues> out(fields);
    for (Record record : rows) {
        std::size_t k = 0;
        visit_fields(record, [&](const char* /*name*/, auto& field) {
            using Field = std::remove_reference_t<decltype(field)>;
            if constexpr (std::is_floating_point_v<Field>) {
                out[k].reals.push_back(field);
            } else if constexpr (std::is_same_v<Field, const char*>) {
                out[k].texts.emplace_back(field);
            } else {
                out[k].integers.push_back(static_cast<std::int64_t>(field));
            }
            ++k;
        });
    }
    return out;
}

std::vector<std::int32_t> numbers_of(const std::vector<std::int64_t>& rows) {
    std::vector<std::int32_t> out;
    out.reserve(rows.size());
    for (const std::int64_t row : rows) {
        const bool fits = row >= 0 && row <= std::numeric_limits<std::int32_t>::max();
        out.push_back(fits ? static_cast<std::int32_t>(row) : -1);
    }
    return out;
}

// Rows of a list of the plan, each with its word.
template <class Row, class Word>
std::vector<std::string> words_of(const std::vector<Row>& rows, const Word& word) {
    std::vector<std::string> out;
    out.reserve(rows.size());
    for (const Row& row : rows) {
        out.emplace_back(word(row));
    }
    return out;
}

bool is_flag(std::string_view field) {
    return field == "was_long" || field == "is_long" || field == "first" || field == "published";
}

// Makes the columns of one table.
class TableMaker {
  public:
    TableMaker(std::string_view table, const Plan& plan) : table_(table), plan_(plan) {}

    void add(std::string_view field, FieldValues& values, bool real, bool text) {
        ColumnText about{table_column(field),
                         std::string{unit_of_field(field)},
                         std::string{column_meaning(table_, stored_name(field, real))}};
        if (real) {
            add_real(std::move(about), values.reals);
        } else if (text) {
            columns_.push_back(word_column(std::move(about), values.texts));
        } else {
            add_integer(std::move(about), values.integers);
        }
    }
    [[nodiscard]] Table finish() { return Table(std::string{table_}, std::move(columns_)); }

  private:
    static std::string stored_name(std::string_view field, bool real) {
        return real && is_money_field(field) ? money_column(field) : std::string{field};
    }

    void add_real(ColumnText about, std::vector<double>& values) {
        const bool leverage = about.name == "leverage" && table_ == "liquidations";
        const std::vector<double> seen = leverage ? values : std::vector<double>{};
        columns_.push_back(real_column(std::move(about), std::move(values)));
        if (leverage) {
            std::vector<std::int32_t> bands;
            bands.reserve(seen.size());
            for (const double one : seen) {
                bands.push_back(one > 0.0 ? static_cast<std::int32_t>(leverage_band(one)) : -1);
            }
            add_band(std::move(bands), "band of `leverage`");
        }
    }

    void add_integer(ColumnText about, std::vector<std::int64_t>& values) {
        const std::string name = about.name;
        if (name == "time_ns" || name == "until_ns") {
            add_time(about, values);
        } else if (name == "instrument") {
            add_instrument(std::move(about), values);
            return;
        } else if (name == "venue") {
            about.meaning = "name of the venue";
            columns_.push_back(word_column(std::move(about), numbers_of(values), venues()));
            return;
        } else if (name == "asset") {
            about.meaning = "name of the coin";
            columns_.push_back(word_column(std::move(about), numbers_of(values), assets()));
            return;
        } else if (name == "was_long" || name == "is_long") {
            add_side(values);
        } else if (name == "kind" && table_ == "liquidations") {
            about.meaning =
                "book: filled in the book; takeover: taken over by fund, engine, vault or an "
                "outside liquidator; adl: ended by auto-deleveraging; no_counterparty: kept by the "
                "fund for want of one";
            static const auto kinds =
                word_list(std::array<std::string, 4>{"book", "takeover", "adl", "no_counterparty"});
            columns_.push_back(word_column(std::move(about), numbers_of(values), kinds));
            return;
        } else if (name == "band") {
            add_band(numbers_of(values), "band of the accounts' leverage");
        } else if (name == "event") {
            add_event(values);
        }
        if (is_flag(name)) {
            std::vector<bool> flags(values.size());
            for (std::size_t row = 0; row < values.size(); ++row) {
                flags[row] = values[row] != 0;
            }
            columns_.push_back(bool_column(std::move(about), flags));
        } else {
            columns_.push_back(int_column(std::move(about), std::move(values)));
        }
    }

    void add_time(const ColumnText& about, const std::vector<std::int64_t>& since_start) {
        std::vector<std::int64_t> moments;
        moments.reserve(since_start.size());
        for (const std::int64_t ns : since_start) {
            moments.push_back(plan_.start_unix_s * 1'000'000'000 + ns);
        }
        columns_.push_back(
            time_column({about.name.substr(0, about.name.size() - 3), "UTC", about.meaning},
                        std::move(moments)));
    }

    // The book's name, and by what books are grouped.
    void add_instrument(ColumnText about, const std::vector<std::int64_t>& rows) {
        about.meaning = "name of the book";
        const std::vector<std::int32_t> numbers = numbers_of(rows);
        const auto of_book = [&](const auto& number_of) {
            std::vector<std::int32_t> out;
            out.reserve(numbers.size());
            for (const std::int32_t row : numbers) {
                const bool there =
                    row >= 0 && static_cast<std::size_t>(row) < plan_.instruments.size();
                out.push_back(
                    there ? number_of(plan_.instruments[static_cast<std::size_t>(row)].instrument)
                          : -1);
            }
            return out;
        };
        auto venue =
            of_book([](const Instrument& i) { return static_cast<std::int32_t>(i.venue.raw()); });
        auto asset =
            of_book([](const Instrument& i) { return static_cast<std::int32_t>(i.base.raw()); });
        auto contract = of_book([](const Instrument& i) {
            return static_cast<std::int32_t>(i.kind == InstrumentKind::spot ? 0 : 1);
        });
        const auto books =
            word_list(words_of(plan_.instruments, [](const auto& row) { return row.name; }));
        static const auto contracts = word_list(std::array<std::string, 2>{"spot", "perp"});
        columns_.push_back(word_column(std::move(about), numbers, books));
        columns_.push_back(
            word_column({"venue", "", "name of the venue"}, std::move(venue), venues()));
        columns_.push_back(
            word_column({"asset", "", "name of the coin"}, std::move(asset), assets()));
        columns_.push_back(
            word_column({"contract", "", "spot or perp"}, std::move(contract), contracts));
    }

    void add_side(const std::vector<std::int64_t>& is_long) {
        std::vector<std::int32_t> numbers;
        numbers.reserve(is_long.size());
        for (const std::int64_t one : is_long) {
            numbers.push_back(one != 0 ? 0 : 1);
        }
        static const auto sides = word_list(std::array<std::string, 2>{"long", "short"});
        columns_.push_back(
            word_column({"side", "", "side of the position"}, std::move(numbers), sides));
    }

    void add_event(const std::vector<std::int64_t>& rows) {
        const auto names =
            word_list(words_of(plan_.events, [](const EventPlan& row) { return row.name; }));
        const auto causes =
            word_list(words_of(plan_.events, [](const EventPlan& row) { return row.cause; }));
        columns_.push_back(word_column({"name", "", "name of the event"}, numbers_of(rows), names));
        columns_.push_back(
            word_column({"cause", "", "cause that the event declares"}, numbers_of(rows), causes));
    }

    void add_band(std::vector<std::int32_t> numbers, std::string meaning) {
        static const auto bands = word_list(std::array<std::string, leverage_band_ends.size() + 1>{
            "<=5", "5-10", "10-25", "25-50", ">50"});
        columns_.push_back(
            word_column({"leverage_band", "times", std::move(meaning)}, std::move(numbers), bands));
    }

    [[nodiscard]] std::shared_ptr<const Column> venues() const {
        return word_list(words_of(plan_.venues, [](const auto& row) { return row.name; }));
    }
    [[nodiscard]] std::shared_ptr<const Column> assets() const {
        return word_list(words_of(plan_.assets, [](const auto& row) { return row.name; }));
    }

    std::string_view table_;
    const Plan& plan_;
    std::vector<Column> columns_;
};

template <class Record>
Table table_of_records(std::string_view name, const Plan& plan, std::span<const Record> rows) {
    std::vector<FieldValues> values = values_of(rows);
    TableMaker maker(name, plan);
    Record record;
    std::size_t k = 0;
    visit_fields(record, [&](const char* field, auto& value) {
        using Field = std::remove_reference_t<decltype(value)>;
        maker.add(
            field, values[k], std::is_floating_point_v<Field>, std::is_same_v<Field, const char*>);
        ++k;
    });
    return maker.finish();
}

}  // namespace

std::string table_column(std::string_view field) {
    constexpr std::string_view micro = "_micro";
    if (!is_money_field(field)) {
        return std::string{field};
    }
    const std::string stored = money_column(field);
    return stored.substr(0, stored.size() - micro.size());
}

std::vector<std::string> record_table_names() {
    std::vector<std::string> out;
    visit_record_tables([&out](const char* name, auto /*type*/) { out.emplace_back(name); });
    return out;
}

std::optional<Table> record_table(std::string_view name,
                                  const Plan& plan,
                                  const MemoryRecorder& recorder) {
    std::optional<Table> out;
    visit_record_tables([&]<class Record>(std::string_view table, RecordType<Record> type) {
        if (table == name) {
            out = table_of_records(table, plan, recorder.rows(type));
        }
    });
    return out;
}

}  // namespace margincall::inline frame
