// world.size: what it implies for other keys, and what the scenario sets instead.
#include <fmt/format.h>

#include "plan/world_size.hpp"
#include "scenario/compiler.hpp"
#include "scenario/world_sizes.hpp"

namespace margincall::inline scenario {

void Compiler::read_size() {
    const Node* node = doc_.root.find_path("world.size");
    if (node != nullptr && node->is_figure()) {
        node = node->find("value");
    }
    for (std::size_t k = 0; node != nullptr && k < world_size_words.size(); ++k) {
        if (node->kind == NodeKind::text && node->text == world_size_words[k]) {
            size_ = static_cast<WorldSize>(k);
        }
    }
}

bool Compiler::counts_as_given(const Node& node) {
    const Node* const source = node.is_figure() ? node.find("source") : nullptr;
    if (source != nullptr && implied_by_another(source->text, size_)) {
        use_all(node);
        return false;
    }
    return true;
}

void Compiler::check_not_merged(const Node& table,
                                const std::string& path,
                                const std::string& merged_from) {
    if (merged_from.empty() || size_ == WorldSize::reduced) {
        return;
    }
    const Node* const node = table.find("merged_from");
    problem(node != nullptr ? *node : table,
            "E308",
            fmt::format("{}: stands for {}; a {} world needs them one by one",
                        path,
                        merged_from,
                        world_size_name(size_)))
        .hint = "this is the text of a reduced world; start from the scenario it was made from";
}

void Compiler::note_own_value(const Node& node, const std::string& path) {
    if (doc_.files[node.at.file].name.starts_with("--set")) {
        return;  // whoever types both knows
    }
    if (own_value_node_ == nullptr) {
        own_value_node_ = &node;
    }
    own_values_.push_back(path);
}

void Compiler::warn_of_own_values() {
    if (own_value_node_ == nullptr) {
        return;
    }
    warn(*own_value_node_,
         "W404",
         fmt::format(
             "world.size is \"{}\", but {} set otherwise: {}",
             world_size_name(size_),
             own_values_.size() == 1 ? "one key that it implies is" : "keys that it implies are",
             fmt::join(own_values_, ", ")),
         "what a scenario sets itself wins; remove the keys for a world of the standard size");
}

}  // namespace margincall::inline scenario
