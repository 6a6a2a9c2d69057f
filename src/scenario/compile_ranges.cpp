// What is not known: values that a key may have, each with the reason for the bounds. A run does not read them;
// `attribute` draws from them, so that its intervals hold more than the luck of the seeds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/measured.hpp"
#include "scenario/compiler.hpp"

namespace margincall::inline scenario {
namespace {

std::optional<std::string> as_text(const Node* node) {
    if (node == nullptr) {
        return std::nullopt;
    }
    switch (node->kind) {
        case NodeKind::text:
            return node->text;
        case NodeKind::integer:
            return fmt::format("{}", node->integer);
        case NodeKind::real:
            return fmt::format("{}", node->real);
        default:
            return std::nullopt;
    }
}

}  // namespace

void Compiler::read_ranges() {
    const Node* const table = doc_.root.find("ranges");
    if (table == nullptr) {
        return;
    }
    use(*table);
    if (!table->is_table()) {
        problem(*table, "E201", "ranges: should be a table").hint =
            "[ranges]\n\"agents.market_maker.learn\" = { low = \"10 min\", high = \"40 min\" }";
        return;
    }
    for (const auto& [key, node] : table->members) {
        use_all(node);
        read_range(key, node);
    }
}

void Compiler::read_range(const std::string& key, const Node& node) {
    const std::string path = "ranges." + key;
    if (!node.is_table()) {
        problem(node, "E201", fmt::format("{}: should be a table", path)).hint =
            "{ low = \"10 min\", high = \"40 min\", source = \"assumed: ...\" }, or { one_of = [1, "
            "3, 6] }";
        return;
    }
    RangePlan range;
    range.key = key;
    range.source = read_source(node, path);
    std::string text;
    if (const Node* const list = node.find("one_of")) {
        if (list->kind != NodeKind::array || list->items.size() < 2) {
            problem(*list, "E201", fmt::format("{}.one_of: should be a list of two or more", path));
            return;
        }
        std::vector<std::string> quoted;
        for (const Node& item : list->items) {
            const std::optional<std::string> value = as_text(&item);
            if (!value) {
                problem(item, "E201", fmt::format("{}.one_of: should be numbers or text", path));
                return;
            }
            range.one_of.push_back(*value);
            quoted.push_back(quote_toml(*value));
        }
        text = fmt::format("one_of = [{}]", fmt::join(quoted, ", "));
    } else {
        const auto low = as_text(node.find("low"));
        const auto high = as_text(node.find("high"));
        const auto from = measured(low.value_or(""));
        const auto to = measured(high.value_or(""));
        if (!from || !to) {
            problem(node, "E107", fmt::format("{}: needs low and high, or one_of", path)).hint =
                "{ low = \"10 min\", high = \"40 min\" }";
            return;
        }
        if (from->unit != to->unit) {
            problem(*node.find("high"),
                    "E202",
                    fmt::format("{}: \"{}\" and \"{}\" have different units", path, *low, *high));
            return;
        }
        if (!(from->value < to->value)) {
            problem(*node.find("high"), "E203", fmt::format("{}: high is not above low", path))
                .allowed = fmt::format("allowed more than {}", *low);
            return;
        }
        range.low = from->value;
        range.high = to->value;
        range.unit = from->unit;
        text = fmt::format("low = {}, high = {}", quote_toml(*low), quote_toml(*high));
    }
    if (!range.source.empty()) {
        text += fmt::format(", source = {}", quote_toml(range.source));
    }
    resolved_.add("ranges", fmt::format("{} = {{ {} }}", quote_toml(key), text));
    draft_.plan.ranges.push_back(std::move(range));
}

}  // namespace margincall::inline scenario
