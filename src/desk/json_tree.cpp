#include "desk/json_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace margincall::inline desk {
namespace {

constexpr std::size_t depth_max = 64;

// Builds the tree from what the parser says; numbers come with their text.
class TreeBuilder {
  public:
    explicit TreeBuilder(JsonTree& root) : root_(root) {}

    using number_integer_t = JsonTree::number_integer_t;
    using number_unsigned_t = JsonTree::number_unsigned_t;
    using number_float_t = JsonTree::number_float_t;
    using string_t = JsonTree::string_t;
    using binary_t = JsonTree::binary_t;

    bool null() { return put(nullptr); }
    bool boolean(bool value) { return put(value); }
    bool number_integer(number_integer_t value) { return put(std::to_string(value)); }
    bool number_unsigned(number_unsigned_t value) { return put(std::to_string(value)); }
    bool number_float(number_float_t /*value*/, const string_t& written) { return put(written); }
    bool string(string_t& value) { return put(std::move(value)); }
    bool binary(binary_t& /*value*/) { return false; }
    bool start_object(std::size_t /*size*/) { return open(JsonTree::object()); }
    bool start_array(std::size_t /*size*/) { return open(JsonTree::array()); }
    bool key(string_t& name) {
        keys_.back() = std::move(name);
        return true;
    }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool parse_error(std::size_t position,
                     const std::string& /*token*/,
                     const nlohmann::detail::exception& error) {
        position_ = position;
        problem_ = error.what();
        return false;
    }

    [[nodiscard]] std::size_t position() const { return position_; }
    [[nodiscard]] const std::string& problem() const { return problem_; }

  private:
    JsonTree* place(JsonTree value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        JsonTree& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        JsonTree& there = parent[keys_.back()];
        there = std::move(value);
        return &there;
    }
    bool put(JsonTree value) { return place(std::move(value)) != nullptr; }
    bool open(JsonTree value) {
        if (open_.size() >= depth_max) {
            problem_ = fmt::format("nested deeper than {} levels", depth_max);
            return false;
        }
        open_.push_back(place(std::move(value)));
        keys_.emplace_back();
        return true;
    }
    bool close() {
        open_.pop_back();
        keys_.pop_back();
        return true;
    }

    JsonTree& root_;
    std::vector<JsonTree*> open_;  // a member's place does not move while it is open
    std::vector<std::string> keys_;
    std::size_t position_ = 0;
    std::string problem_;
};

const JsonTree nothing;

}  // namespace

std::expected<JsonTree, Error> parse_json_tree(std::string_view text, const std::string& name) {
    JsonTree root;
    TreeBuilder builder(root);
    if (JsonTree::sax_parse(text, &builder)) {
        return root;
    }
    Error error;
    error.file = name;
    // The parser counts the bytes that it has read; the last of them is the one that it refuses.
    const std::size_t bytes_read = std::min(builder.position(), text.size());
    set_place(error, text, bytes_read > 0 ? bytes_read - 1 : 0);
    error.code = "E631";
    error.message = "is not JSON: " + builder.problem();
    error.hint = "give the response of the interface as it came";
    return std::unexpected(std::move(error));
}

const JsonTree& member_of(const JsonTree& tree, std::string_view key) {
    if (!tree.is_object()) {
        return nothing;
    }
    const auto found = tree.find(std::string{key});
    return found != tree.end() ? *found : nothing;
}

const JsonTree& first_of(const JsonTree& tree) {
    return tree.is_array() && !tree.empty() ? tree.front() : nothing;
}

bool has_member(const JsonTree& tree, std::string_view key) {
    return tree.is_object() && tree.contains(std::string{key});
}

std::string text_of(const JsonTree& tree, std::string_view key) {
    const JsonTree& member = member_of(tree, key);
    if (member.is_string()) {
        return member.get<std::string>();
    }
    return member.is_boolean() && member.get<bool>() ? "true" : "";
}

}  // namespace margincall::inline desk
