#include "vector_check/defi_vectors.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "base/json_text.hpp"

namespace margincall::inline vector_check {

namespace {

namespace fs = std::filesystem;

[[nodiscard]] std::vector<DefiVector> vectors_of(const VectorFile& file) {
    const auto& content = file.content;
    const nlohmann::json* list = &content;
    if (content.is_object() && content.contains("vectors")) {
        list = &content["vectors"];
    }
    std::vector<DefiVector> out;
    const auto add = [&out, &file](const nlohmann::json& v) {
        const auto part = [&v](const char* key, const nlohmann::json& otherwise) {
            return v.is_object() && v.contains(key) && v.at(key).type() == otherwise.type()
                       ? v.at(key)
                       : otherwise;
        };
        DefiVector row{text_of(v, "name", file.path.filename().string()),
                       part("inputs", nlohmann::json::object()),
                       part("expected", nlohmann::json::object()),
                       file.path,
                       {}};
        for (const nlohmann::json& other : part("agreesWith", nlohmann::json::array())) {
            row.agrees_with.push_back(other.is_string() ? other.get<std::string>()
                                                        : json_text(other));
        }
        out.push_back(std::move(row));
    };
    if (list->is_array()) {
        for (const nlohmann::json& v : *list) {
            add(v);
        }
    } else {
        add(*list);
    }
    return out;
}

// Protocols that are not built; their vectors are named, not counted as done.
[[nodiscard]] std::optional<std::string> not_built(const DefiVector& vector) {
    static constexpr std::array<std::array<const char*, 2>, 6> rows = {{
        {"comet_", "Compound III is not built"},
        {"morpho_", "Morpho Blue is not built"},
        {"maker_", "Maker auctions are not built"},
        {"clip_", "Maker auctions are not built"},
        {"v2_", "Uniswap v2 is not built"},
        {"abaci", "Maker auctions are not built"},
    }};
    for (const auto& row : rows) {
        if (vector.name.starts_with(row[0])) {
            return row[1];
        }
    }
    const std::string file = vector.file.filename().string();
    if (file.starts_with("balancer_v3")) {
        return "Balancer v3 is not built";
    }
    if (file.starts_with("lending_other")) {
        return "Compound III, Morpho Blue and Maker are not built";
    }
    if (file.starts_with("uniswap_v2")) {
        return "Uniswap v2 is not built";
    }
    return std::nullopt;
}

[[nodiscard]] VectorResult evaluate_one(const DefiVector& vector) {
    if (const auto reason = not_built(vector)) {
        return {vector.name, VectorOutcome::skipped, *reason};
    }
    static constexpr std::array<DefiEvaluator, 5> evaluators = {evaluate_balancer_incident,
                                                                evaluate_balancer_math,
                                                                evaluate_uniswap,
                                                                evaluate_curve,
                                                                evaluate_aave};
    try {
        for (const DefiEvaluator evaluate : evaluators) {
            const RevertScope scope;
            if (auto result = evaluate(vector)) {
                return *result;
            }
        }
    } catch (const std::exception& e) {  // wrong form, or a type error of the JSON library
        return {vector.name, VectorOutcome::failed, e.what()};
    }
    return {vector.name, VectorOutcome::failed, "no evaluator knows this vector"};
}

[[nodiscard]] std::vector<fs::path> folders_near(const fs::path& file) {
    std::vector<fs::path> folders = {file.parent_path()};
    std::error_code trouble;
    const fs::path above = fs::absolute(file, trouble).parent_path().parent_path();
    std::vector<fs::path> beside;
    for (const fs::directory_entry& entry : fs::directory_iterator(above, trouble)) {
        if (entry.is_directory(trouble)) {
            beside.push_back(entry.path());
        }
    }
    std::sort(beside.begin(), beside.end());
    folders.insert(folders.end(), beside.begin(), beside.end());
    const char* shared = std::getenv("MARGINCALL_SHARED");
    folders.emplace_back(fs::path(shared == nullptr ? "../shared" : shared) / "vectors" / "defi");
    return folders;
}

}  // namespace

std::optional<DefiVector> find_vector(const fs::path& near, const std::string& name) {
    for (const fs::path& folder : folders_near(near)) {
        for (const char* ending : {".json.gz", ".json"}) {
            const fs::path path = folder / (name + ending);
            std::error_code trouble;
            if (!fs::exists(path, trouble)) {
                continue;
            }
            const auto files = read_vectors(path);
            if (!files) {
                continue;
            }
            for (DefiVector& v : vectors_of(files->front())) {
                if (v.name == name) {
                    return v;
                }
            }
        }
    }
    return std::nullopt;
}

std::vector<VectorResult> evaluate_defi_vectors(const VectorFile& file) {
    if (file.content.is_object() && file.content.contains("reserves")) {
        return compare_aave_parameters(file);
    }
    std::vector<VectorResult> results;
    for (const DefiVector& vector : vectors_of(file)) {
        results.push_back(
            evaluate_apart([&vector] { return evaluate_one(vector); }, vector.name, vector.inputs));
    }
    return results;
}

}  // namespace margincall::inline vector_check
