#include "vector_check/clearing_vectors.hpp"

namespace margincall {

bool is_clearing_file(const VectorFile& file) {
    const auto& content = file.content;
    return content.is_object() && content.contains("vectors") && !content["vectors"].empty() &&
           content["vectors"][0].contains("venue");
}

std::vector<VectorResult> evaluate_clearing_vectors(const VectorFile& file) {
    std::vector<VectorResult> results;
    for (const auto& vector : file.content["vectors"]) {
        results.push_back(VectorResult{vector.at("id").get<std::string>(),
                                       VectorOutcome::failed,
                                       "no evaluator knows this formula"});
    }
    return results;
}

}  // namespace margincall
