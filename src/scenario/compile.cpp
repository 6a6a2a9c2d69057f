#include "scenario/compile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "scenario/compiler.hpp"

namespace margincall::inline scenario {
namespace {

// Seed and number of paths are named beside the hash wherever one is shown, so they are not part of it.
// Nor is the place of an account book: what stands in it is, by a hash of its own.
std::string hashed_text(std::string text) {
    struct Line {
        std::string_view section, key;
    };
    for (const Line& line : {Line{"\n[random]\n", "\nseed = "},
                             Line{"\n[random]\n", "\npaths = "},
                             Line{"\n[population]\n", "\nbook = "}}) {
        const std::size_t section = text.find(line.section);
        if (section == std::string::npos) {
            continue;
        }
        const std::size_t end = text.find("\n[", section + line.section.size());
        const std::size_t at = text.find(line.key, section);
        if (at < end) {
            text.erase(at, text.find('\n', at + 1) - at);
        }
    }
    return text;
}

// In the order of the files as they were read, then by place.
void sort_errors(const Document& document, Errors& errors) {
    const auto rank = [&](const Error& error) {
        for (std::size_t i = 0; i < document.files.size(); ++i) {
            if (document.files[i].name == error.file) {
                return i;
            }
        }
        return document.files.size();
    };
    std::stable_sort(errors.begin(), errors.end(), [&](const Error& a, const Error& b) {
        return std::tuple{rank(a), a.line, a.column} < std::tuple{rank(b), b.line, b.column};
    });
    // A row that several venues share through `like` or a rule file says the same thing once. What
    // is missing has no place of its own, so there the message counts.
    errors.erase(std::unique(errors.begin(),
                             errors.end(),
                             [](const Error& a, const Error& b) {
                                 return a.file == b.file && a.line == b.line &&
                                        a.column == b.column && a.code == b.code &&
                                        (a.message == b.message || a.code != "E107");
                             }),
                 errors.end());
}

std::expected<Compiled, Errors> compile_document(Document document,
                                                 Errors errors,
                                                 Subcommand command) {
    // Without the text itself or a file it stands on, everything else would be missing, too.
    if (document.files.empty() || document.incomplete) {
        return std::unexpected(std::move(errors));
    }
    Compiler::expand_copies(document, command);
    Compiler::merge_world(document, command);
    Compiled compiled;
    Compiler compiler(document, errors, compiled.warnings, command);
    compiled.plan = compiler.run(compiled.resolved);
    compiled.limits = compiler.limits();
    if (!errors.empty()) {
        sort_errors(document, errors);
        return std::unexpected(std::move(errors));
    }
    sort_errors(document, compiled.warnings);
    const std::vector<std::string>& lines = document.files.front().lines;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        compiled.original += lines[i] + (i + 1 < lines.size() ? "\n" : "");
    }
    return compiled;
}

}  // namespace

Plan Compiler::run(std::string& resolved) {
    mark_later(doc_.root, "");
    read_size();
    resolved_.add("", "# The complete scenario: after extends, like, rules, --set and defaults.");
    read_scope(Scope::global, doc_.root, "", target(), [](const Field&) { return true; });
    read_meta();
    read_population();
    read_assets();
    read_venues();
    read_season();
    build_instruments();
    check_defi();
    check_order_of_bounds();
    read_events();
    read_history();
    read_limits();
    read_observed();
    read_ranges();
    read_paths();
    report_unknown(doc_.root, "");
    warn_of_own_values();
    finish();
    resolved = resolved_.text();
    Plan plan = std::move(draft_.plan);
    plan.scenario_hash = text_hash(hashed_text(resolved));
    return plan;
}

RuleBook Compiler::run_rules() {
    read_venues();
    RuleBook book;
    if (venues_.size() != 1) {
        return book;  // said before
    }
    read_collateral(0);
    read_fund_groups(0);
    read_tiers(0);
    report_unknown(doc_.root, "");
    book.rules = std::move(venues_.front().plan.rules);
    for (auto& [key, schedule] : schedules_) {
        book.schedules[key.second] = std::move(schedule);
    }
    return book;
}

std::expected<RuleBook, Errors> load_rule_book(const std::string& rules, const std::string& tiers) {
    // The shares only satisfy the checks of a scenario's venues.
    std::string text = fmt::format(
        "[venues.V]\nkind = \"central-perp\"\nshare = \"100 %\"\nperp_share = \"100 %\"\n"
        "spot_share = \"100 %\"\nrules = {}\n",
        quote_toml(rules));
    if (!tiers.empty()) {
        text += fmt::format("tiers = {}\n", quote_toml(tiers));
    }
    Errors errors;
    Errors warnings;
    const Document document = load_document_text(text, "rules", ".", {}, errors);
    if (document.files.empty() || document.incomplete || !errors.empty()) {
        return std::unexpected(std::move(errors));
    }
    Compiler compiler(document, errors, warnings, Subcommand::run);
    RuleBook book = compiler.run_rules();
    if (!errors.empty()) {
        sort_errors(document, errors);
        return std::unexpected(std::move(errors));
    }
    return book;
}

void Compiler::finish() {
    apply_leverage_rule();
    for (AssetDraft& asset : assets_) {
        draft_.plan.assets.push_back(std::move(asset.plan));
    }
    for (VenueDraft& venue : venues_) {
        draft_.plan.venues.push_back(std::move(venue.plan));
    }
    if (draft_.plan.name.empty()) {
        std::string name = doc_.files.empty() ? "scenario" : doc_.files.front().name;
        name = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
        draft_.plan.name = name.substr(0, name.rfind(".toml"));
    }
    read_book();
    check_dollars();
}

std::expected<Compiled, Errors> compile_scenario(const std::string& path,
                                                 const Overrides& overrides,
                                                 Subcommand command) {
    Errors errors;
    Document document = load_document(path, overrides, errors);
    return compile_document(std::move(document), std::move(errors), command);
}

std::expected<Compiled, Errors> compile_text(std::string_view text,
                                             const std::string& name,
                                             const std::string& directory,
                                             const Overrides& overrides,
                                             Subcommand command) {
    Errors errors;
    Document document = load_document_text(text, name, directory, overrides, errors);
    return compile_document(std::move(document), std::move(errors), command);
}

std::expected<Plan, Errors> compile_file(const std::string& path, const Overrides& overrides) {
    std::expected<Compiled, Errors> compiled = compile_scenario(path, overrides);
    if (!compiled) {
        return std::unexpected(std::move(compiled.error()));
    }
    return std::move(compiled->plan);
}

std::string text_hash(std::string_view text) {
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace margincall::inline scenario
