// Coins drawn from one template (assets.*.copies): one row of the scenario becomes as many as it says, of
// sizes that fall with their rank. Like the merging of a reduced world this rewrites the document, so
// that everything after it sees a scenario that somebody wrote out.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scenario/compiler.hpp"
#include "scenario/document_edit.hpp"

namespace margincall::inline scenario {

std::vector<double> rank_sizes(std::size_t count, double exponent) {
    std::vector<double> out(count);
    double sum = 0.0;
    for (std::size_t k = 0; k < count; ++k) {
        out[k] = std::pow(static_cast<double>(k + 1), -exponent);
        sum += out[k];
    }
    for (double& size : out) {
        size /= sum;
    }
    return out;
}

void Compiler::expand_copies(Document& document, Subcommand command) {
    Node* const assets = document.root.find("assets");
    const auto has_copies = [](const auto& member) {
        return member.second.is_table() && member.second.find("copies") != nullptr;
    };
    if (assets == nullptr || !assets->is_table() ||
        std::ranges::none_of(assets->members, has_copies)) {
        return;
    }
    Errors errors;
    Errors warnings;
    Compiler before(document, errors, warnings, command);
    before.read_scope(
        Scope::global, document.root, "", before.target(), [](const Field&) { return true; });
    before.read_assets();
    if (!errors.empty()) {
        return;  // the compilation that follows says so
    }
    std::vector<std::pair<std::string, Node>> written;
    for (auto& [name, table] : assets->members) {
        const auto draft = std::ranges::find_if(
            before.assets_, [&](const AssetDraft& asset) { return asset.plan.name == name; });
        const auto count = static_cast<std::size_t>(draft->copies);
        if (count < 2) {
            written.emplace_back(name, std::move(table));
            continue;
        }
        const std::vector<double> sizes = rank_sizes(count, draft->copies_exponent);
        for (std::size_t k = 0; k < count; ++k) {
            Node copy = table;
            std::erase_if(copy.members, [](const auto& member) {
                return member.first == "copies" || member.first == "copies_exponent";
            });
            FieldTarget row{nullptr, &*draft, nullptr, nullptr};
            for (const Field& field : fields()) {
                const bool amount = field.path == "open_interest" || field.path == "volume" ||
                                    field.path == "depth_1pct";
                if (field.scope != Scope::asset || !amount) {
                    continue;
                }
                put(copy,
                    field.path,
                    figure_node(get_number(field, row) * sizes[k],
                                field.unit,
                                fmt::format("derived: {:.3g} % of {}, rank {} of {}",
                                            100.0 * sizes[k],
                                            name,
                                            k + 1,
                                            count),
                                table));
            }
            written.emplace_back(fmt::format("{}{}", name, k + 1), std::move(copy));
        }
    }
    assets->members = std::move(written);
}

}  // namespace margincall::inline scenario
